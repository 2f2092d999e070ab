"""SQL session behind `gress sql`: split text, check calls and models before a job starts, show rows as they come."""
