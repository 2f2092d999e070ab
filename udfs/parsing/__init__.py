"""Lines of text to typed columns; bad lines to problems, never to exceptions."""
