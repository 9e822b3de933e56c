"""The JSON API: the acts of the pages for other programs, under ``/api/v1``."""
