"""Autoscaling of a job on a local cluster with Kafka while the load grows and falls, or swings.

- ``python -m benchmarks elastic [PLOT]``: the load grows and falls again, and a TaskManager is killed.
- ``python -m benchmarks sawtooth [MINUTES [PLOT]]``: it climbs and falls again and again.

Each prints its figures; PLOT is an SVG file of what happened.
"""
