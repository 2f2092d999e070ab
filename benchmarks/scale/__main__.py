"""Print the tables of docs/scale.md: ``python -m benchmarks.scale``."""

from benchmarks.scale.tables import tables

if __name__ == "__main__":
    print(tables())
