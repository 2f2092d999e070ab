"""Names of the input and the outputs of a learnt model's file; classifiers have those of the shipped models."""

from __future__ import annotations

INPUT, LABEL, PROBABILITIES, PREDICTION, MARGIN = "X", "label", "probabilities", "prediction", "margin"
TAKEN = frozenset({INPUT, LABEL, PROBABILITIES, PREDICTION, MARGIN})
"""Names that no event field has whose values are the keys of models."""
