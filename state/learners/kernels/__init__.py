"""Updates of a linear model: rows are predicted and learnt one after the other, in place.

- `kernel.py`: their interface; `places.py`: the places in their arguments.
- `gradient.py`, `passive_aggressive.py`: loops over plain numbers, which `compiled.py` gives to numba.
- `vectors.py`: the same for numpy, where numba is not installed.
"""
