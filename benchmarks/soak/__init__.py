"""The soak: a job on a local cluster for many minutes at a steady load, while models, disk and broker change.

- ``python -m benchmarks soak [MINUTES]`` runs it, prints the figures, and holds them against bounds.
- Rows go from Kafka to Kafka, exactly once; every hundredth is malformed.
- The cluster's checkpoints, temporary files and logs share a small disk, which is full for some seconds.
"""
