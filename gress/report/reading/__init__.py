"""Readers of the files of a run, one kind a module, a block of rows at a time."""
