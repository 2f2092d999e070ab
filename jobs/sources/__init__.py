"""Where events come from: files, Kafka topics, the generator; each becomes a table of lines."""
