"""RFC 3161 time stamps: asking several authorities, checking tokens, the built-in authority."""
