"""Help: articles as Markdown files with dates and languages, and a search over them."""
