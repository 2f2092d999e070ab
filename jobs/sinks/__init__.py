"""Where rows go: the tables of prediction and dead-letter columns, and sinks for files and Kafka."""
