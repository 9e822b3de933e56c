"""Who sends and who receives."""
