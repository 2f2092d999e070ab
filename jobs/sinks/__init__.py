"""Sinks for files and Kafka, the inserts into them, and the SQL of their rows, from the tables in ``udfs/rows.py``."""
