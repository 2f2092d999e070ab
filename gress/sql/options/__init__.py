"""Options of Flink that a session sets: each is checked first, and a wrong value is reported in one line."""
