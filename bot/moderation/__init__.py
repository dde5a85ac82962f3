"""The rules of a guild: its policy, what judges requests and pictures, budgets, cases and the book of decisions."""
