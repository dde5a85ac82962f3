"""The image service: recorded bodies, and every fault over a real socket."""
