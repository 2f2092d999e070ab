"""Learning: its speed, quality and state, its recovery from kills and drift, and the time until it scores."""
