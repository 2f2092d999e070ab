"""Reader of the workers' Prometheus metrics, which `gress top` and `gress health` share."""
