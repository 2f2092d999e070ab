"""What a run wrote, one kind of file a module, a block of rows at a time."""
