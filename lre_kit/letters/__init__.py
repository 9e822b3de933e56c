"""A letter from deposit to its end."""
