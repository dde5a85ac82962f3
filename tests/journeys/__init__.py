"""Whole stories as a member lives them."""
