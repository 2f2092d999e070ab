"""Plan of a job past one machine: the tables of docs/scale.md, printed by ``python -m benchmarks.scale``."""

from benchmarks.scale.tables import tables

if __name__ == "__main__":
    print(tables())
