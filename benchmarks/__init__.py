"""What the jobs cost: each module is one benchmark, run as ``make bench NAME=module``."""
