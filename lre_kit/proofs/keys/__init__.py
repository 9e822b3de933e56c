"""Generations of keys and certificates, lists of revoked ones, and whom the office trusts."""
