"""What hosts meet: events told after their commit, hooks before a deposit, settings judged, health."""
