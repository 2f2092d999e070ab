"""The kinds of learnt models, and the spec of each."""

from __future__ import annotations

from typing import Any, TypeAlias

from models.learned.bayes import LearnedBayes
from models.learned.graphs.names import LABEL, MARGIN, PREDICTION, PROBABILITIES
from models.learned.linear import LearnedLinear
from models.learned.shards.table import LearnedTable
from models.output_roles import OutputRoles

LearnedModel: TypeAlias = LearnedLinear | LearnedBayes | LearnedTable


def spec_fields(model: LearnedModel) -> dict[str, Any]:
    """Return the fields of a spec that follow from the model: task, roles, classes, columns; a margin's threshold."""
    columns: dict[str, Any] = {"feature_columns": model.features}
    if isinstance(model, LearnedTable):
        return {**spec_fields(model.other), "raw_inputs": {model.key: None}}
    link = model.link if isinstance(model, LearnedLinear) else "softmax"
    if link == "identity":
        return {**columns, "task": "regression", "roles": OutputRoles(prediction=PREDICTION)}
    known = {**columns, "classes": model.classes}
    if link == "sign":
        # A margin of 0 is the border between the classes, as 0.5 is for a probability.
        return {**known, "task": "binary", "roles": OutputRoles(prediction=MARGIN, label=LABEL), "threshold": 0.0}
    task = "binary" if len(model.classes) == 2 else "multiclass"
    return {**known, "task": task, "roles": OutputRoles(scores=(PROBABILITIES,), label=LABEL)}
