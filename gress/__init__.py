"""Operating jobs: the `gress` command, clusters, health, the live view, the report."""
