"""Sources of events: files, Kafka topics, the generator; each becomes a table of lines."""
