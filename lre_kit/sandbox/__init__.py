"""An office to try out with: its time is moved, its mail caught, its recipients scripted by addresses."""
