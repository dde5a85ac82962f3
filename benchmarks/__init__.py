"""What `make bench` runs: the bot, and beside it the shortest bot there can be, on stand-ins in another process."""
