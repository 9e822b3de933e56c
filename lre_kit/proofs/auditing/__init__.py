"""The whole office recomputed: log, database, contents and checkpoints held against one another."""
