"""Sinks for files and Kafka, and the SQL of the rows that they take, from the tables of columns in ``udfs/rows.py``."""
