"""The transparency log: places given, checkpoints signed and stamped, stamps renewed."""
