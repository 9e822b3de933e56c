"""Webhooks: what happens to a sender's letters, told to an address of theirs, signed and in order."""
