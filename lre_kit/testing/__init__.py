"""Doubles, contract suites and services for the tests of the kit and of its hosts."""
