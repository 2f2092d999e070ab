"""Flink itself: sessions, options, Java, the REST API. Imports no other room of `jobs`."""
