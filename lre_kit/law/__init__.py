"""What is required, and when: pure data and functions, no I/O, no tables."""
