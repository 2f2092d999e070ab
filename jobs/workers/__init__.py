"""Quick start of Flink's Python workers.

- On this machine they are forks of a process that has imported everything already: ``start.worker_python`` returns the
  program to name as ``python.executable``.
- On a cluster they import it as they start, before their tasks run: ``hook.write_hook`` adds that to the package
  that is shipped.
"""
