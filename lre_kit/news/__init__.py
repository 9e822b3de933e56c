"""News of their letters, by mail, for senders who asked for it."""
