"""Benchmarks of the jobs: a room for each topic, and here the modules that rooms share.

``make bench NAME=scoring`` runs one by its name; ``python -m benchmarks`` lists the names.
"""
