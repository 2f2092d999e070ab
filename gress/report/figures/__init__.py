"""What the page shows, one kind of plot a module; computing without plotting is in the modules above."""
