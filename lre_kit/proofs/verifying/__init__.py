"""Files and anchors only: what a third party runs. No database, no network."""
