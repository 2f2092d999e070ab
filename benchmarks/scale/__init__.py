"""Plan of a job past one machine, from measured costs; its package is run as ``python -m benchmarks.scale``."""
