"""Repaint: a Discord bot that repaints members' pictures. `docs/architecture.md` draws the rooms."""
