"""Evidence, log, seals, time stamps and their verification."""
