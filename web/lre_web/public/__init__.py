"""The pages anyone may read, and the office's health."""
