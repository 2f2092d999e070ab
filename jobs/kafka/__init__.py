"""Kafka itself: the client, the connector's jars, counts of topics. Imports no room of `jobs` but `flink`."""
