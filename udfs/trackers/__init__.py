"""The keyed stage that runs trackers on packed rows: its logic, and its operator."""
