"""Words of the pages, by language and name, a file for each kind of page."""
