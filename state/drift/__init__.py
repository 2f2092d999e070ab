"""Drift of a model's inputs, scores and quality.

There are three kinds. A measure compares the counts of a live window with those of training: `judge` runs one over all
columns. A sequential detector watches one stream of numbers, value by value. Quality is computed from scores and
labels. `DriftMonitor` joins the three; each algorithm has a file of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.drift.measures.chi_square import chi_square
from state.drift.measures.jensen_shannon import jensen_shannon
from state.drift.measures.kolmogorov_smirnov import kolmogorov_smirnov
from state.drift.measures.psi import psi

if TYPE_CHECKING:
    from state.drift.measures.measurement import Measure

MEASURES: dict[str, Measure] = {
    "psi": psi,
    "kolmogorov_smirnov": kolmogorov_smirnov,
    "jensen_shannon": jensen_shannon,
    "chi_square": chi_square,
}
