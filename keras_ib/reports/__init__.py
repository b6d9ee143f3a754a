"""Pages of a result: Markdown, HTML, tables."""
