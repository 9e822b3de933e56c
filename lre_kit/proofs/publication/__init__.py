"""The log in public: tiles on a shelf, monitors that follow it, witnesses that countersign."""
