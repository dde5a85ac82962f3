"""What a guild allows."""
