"""Options of Flink that a session sets: each is read before it counts, and a wrong value is told in one line."""
