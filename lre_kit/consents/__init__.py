"""Consents: asked for, given, refused, withdrawn, kept with their wording and their evidence."""
