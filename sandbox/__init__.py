"""The same bot with Discord and PiAPI played on this machine. What `make sandbox` starts."""
