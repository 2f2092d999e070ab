"""Kafka itself: the client, the connector's jars, counts of topics; it imports only the room `flink` of `jobs`."""
