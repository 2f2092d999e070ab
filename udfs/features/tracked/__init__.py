"""Features that follow each key row by row in keyed state, one a file; their columns come from the tracker stage."""
