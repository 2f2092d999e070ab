"""The same rows, model and output through other engines: a program for each peer, which ``make bench NAME=peers`` runs.

- A program gets the folder of input, the model and the folder of output. Its last line has its seconds and versions.
- A program runs in a virtual environment of its own and imports nothing of the package, and of the benchmarks only what
  that environment can import.
"""
