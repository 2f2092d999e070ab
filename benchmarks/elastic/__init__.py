"""Autoscaling of a job on a local cluster with Kafka while the load grows and falls, and a TaskManager is killed.

``python -m benchmarks.elastic [PLOT]`` runs it and prints the figures; PLOT is an SVG file of what happened.
"""
