"""Operators: who works in the office, with which rights, and a journal of all they do."""
