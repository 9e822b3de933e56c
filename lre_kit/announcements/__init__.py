"""Announcements: what the office tells everybody for some time, where it matters."""
