"""Identification means: how somebody shows who they are."""
