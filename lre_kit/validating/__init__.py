"""Checks of a host's integration, against a sandbox and against the host's own receiver of webhooks."""
