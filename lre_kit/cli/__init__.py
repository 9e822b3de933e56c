"""The command line ``lre``. Each command lives in its own module and is imported when it runs."""
