"""Drift of a model's inputs, scores and quality; one detector a file, and the table of them.

Three kinds. A measure compares the counts of a live window with those of training: `judge` runs one over all columns.
A sequential detector watches one stream of numbers, value by value. An outcome monitor counts scores with the labels
that came in. All but the measures, which are functions, keep state: `update`, `snapshot`, `restore`; what counts also
merges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.drift.measures.chi_square import chi_square
from state.drift.measures.jensen_shannon import jensen_shannon
from state.drift.measures.kolmogorov_smirnov import kolmogorov_smirnov
from state.drift.measures.psi import psi
from state.drift.quality.calibration import Calibration
from state.drift.quality.rolling_auc import RollingAuc
from state.drift.sequential.adwin import Adwin
from state.drift.sequential.page_hinkley import PageHinkley

if TYPE_CHECKING:
    from state.drift.measures.measurement import Measure

MEASURES: dict[str, Measure] = {
    "psi": psi,
    "kolmogorov_smirnov": kolmogorov_smirnov,
    "jensen_shannon": jensen_shannon,
    "chi_square": chi_square,
}

SEQUENTIAL: dict[str, type[PageHinkley] | type[Adwin]] = {"page_hinkley": PageHinkley, "adwin": Adwin}

OUTCOMES: dict[str, type[RollingAuc] | type[Calibration]] = {"rolling_auc": RollingAuc, "calibration": Calibration}

DETECTORS: dict[str, Measure | type[PageHinkley] | type[Adwin] | type[RollingAuc] | type[Calibration]] = {
    **MEASURES,
    **SEQUENTIAL,
    **OUTCOMES,
}
