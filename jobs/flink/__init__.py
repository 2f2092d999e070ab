"""Flink itself: sessions, options, Java, the REST API; it imports no other room of `jobs`."""
