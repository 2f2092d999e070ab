"""Quick start of Flink's Python workers on this machine: forks of a process that has imported everything already.

``start.worker_python`` returns the program to name as ``python.executable``.
"""
