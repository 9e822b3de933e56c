"""What operators see of a running office: logs, metrics, traces. None of it names a person."""
