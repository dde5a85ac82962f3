"""What has to be true."""
