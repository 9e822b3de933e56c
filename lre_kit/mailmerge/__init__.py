"""Letters from templates: text that names columns, a letterhead, and a PDF for each line of a table."""
