"""How the sandbox's painter paints: brushes, moods and what they stand on. Pillow only."""
