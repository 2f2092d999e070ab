"""Answers for a batch, from one model or from those of an experiment's variants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from udfs.dead_letters import Problem
from udfs.experiments.arm_answer import ArmAnswer

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from udfs.scoring.ladder import Answer


@dataclass(frozen=True, repr=False)
class PredictionBatch:
    """Answers for the n rows of a batch.

    Attributes:
        answers: of each model that scored rows of the batch, with the rows; together they cover all but the rejected.
        matrix: the models' features, (n, k).
        latency_us: microseconds from columns to scores, for the batch.
        index: labels of the rows in the pandas frame that was scored; None: they have none.
        rejected: problems of rows that no model has seen, by row; no model, version or status is theirs.
    """

    answers: tuple[ArmAnswer, ...]
    matrix: NDArray[Any]
    latency_us: int
    index: Any = None
    rejected: Mapping[int, Problem] = field(default_factory=dict)

    @cached_property
    def prediction(self) -> NDArray[np.float64]:
        """``(n,)``, NaN in rows with a problem."""
        return self._joined(lambda each: each.answer.scores.prediction, np.float64)

    @cached_property
    def label(self) -> NDArray[np.object_] | None:
        """``(n,)`` text, None in rows whose model has no classes; None if no model has."""
        if all(each.answer.scores.label is None for each in self.answers):
            return None
        return self._joined(lambda each: each.answer.scores.label, object)

    @cached_property
    def scores(self) -> NDArray[np.float64] | None:
        """``(n, c)``, or None if the models give one value; NaN where a model has fewer classes than another."""
        found = [(each, each.answer.scores.scores) for each in self.answers]
        widths = [scores.shape[1] for _, scores in found if scores is not None]
        if not widths:
            return None
        if len(found) == 1 and not self.rejected:
            return found[0][1]
        joined = np.full((len(self.matrix), max(widths)), np.nan)
        for each, scores in found:
            if scores is not None:
                joined[each.rows, : scores.shape[1]] = scores
        return joined

    @cached_property
    def version(self) -> NDArray[np.object_]:
        """``(n,)`` version of the model that should score the row; ``status`` names the one that did."""
        return self._joined(lambda each: each.answer.spec.version, object)

    @cached_property
    def status(self) -> NDArray[np.object_]:
        """``(n,)`` text: ``ok``, ``fallback:VERSION`` or ``default``."""
        return self._joined(lambda each: "ok" if each.answer.status is None else each.answer.status, object)

    @cached_property
    def experiment(self) -> NDArray[np.object_]:
        """``(n,)`` name of the experiment that the row takes part in, None where it is in none."""
        return self._joined(lambda each: None if each.arm is None else each.arm.experiment, object)

    @cached_property
    def variant(self) -> NDArray[np.object_]:
        """``(n,)`` name of the experiment's variant that answers the row, None where the row is in none."""
        return self._joined(lambda each: None if each.arm is None else each.arm.variant, object)

    @cached_property
    def propensity(self) -> NDArray[np.float64]:
        """``(n,)`` probability with which the row's unit got its variant, NaN where none was drawn."""
        return self._joined(_propensity, np.float64)

    @cached_property
    def problems(self) -> Mapping[int, Problem]:
        """The problem of each row without a prediction, by row."""
        if len(self.answers) == 1 and not self.rejected:
            return self.answers[0].answer.problems
        found = dict(self.rejected)
        for each in self.answers:
            places = range(len(self.matrix)) if each.rows is None else each.rows.tolist()
            found |= {places[row]: problem for row, problem in each.answer.problems.items()}
        return found

    @cached_property
    def reason(self) -> NDArray[np.object_]:
        """``(n,)`` reason why ``status`` is not ``ok``, or why the row has no prediction; else None."""
        reasons: NDArray[np.object_] = self._joined(lambda each: each.answer.why, object).copy()
        for row, problem in self.problems.items():
            reasons[row] = problem.reason
        return reasons

    def __repr__(self) -> str:
        """Return how many rows have which status, and which model scored them."""
        found = self.columns()
        told = ", ".join(f"{count} {status}" for status, count in Counter(found["status"].tolist()).items())
        models = dict.fromkeys(zip(found["model"].tolist(), found["version"].tolist(), strict=True))
        named = ", ".join(f"{model}@{version}" for model, version in models if model is not None)
        rows = f"{len(self.matrix)} row{'s' * (len(self.matrix) != 1)}"
        return f"PredictionBatch({': '.join(filter(None, (rows, told)))}{'; ' * bool(named)}{named})"

    def _repr_html_(self) -> str:
        """Return the rows as a notebook shows them."""
        return str(self.to_pandas()._repr_html_())

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return all values of each row, by name, (n,) each.

        These are ``prediction``, ``label`` and ``scores`` where the models have classes, ``status``, which is
        ``dead_letter`` for a row without a prediction, ``reason`` and ``error``, and ``model`` and ``version``: those
        that scored the row. Rows of experiments have ``experiment`` and ``variant``, too.
        """
        nothing = np.full(len(self.matrix), None, dtype=object)
        label = nothing.copy() if self.label is None else self.label.astype(object)
        scores = self._joined(lambda each: _listed(each.answer.scores.scores), object)
        status, error = self.status.copy(), nothing.copy()
        for row, problem in self.problems.items():
            label[row] = scores[row] = None
            status[row], error[row] = "dead_letter", problem.error
        found = {
            "prediction": self.prediction,
            "label": label,
            "scores": scores,
            "status": status,
            "reason": self.reason,
            "error": error,
            "model": self._joined(lambda each: scored_by(each.answer, "name"), object),
            "version": self._joined(lambda each: scored_by(each.answer, "version"), object),
        }
        if any(each.arm is not None for each in self.answers):
            found |= {"experiment": self.experiment, "variant": self.variant}
        return found

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a dict for each row, with None where it has no value."""
        found = {name: values.tolist() for name, values in self.columns().items()}
        found["prediction"] = [None if score != score else score for score in found["prediction"]]  # noqa: PLR0124
        return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]

    def to_pandas(self) -> pd.DataFrame:
        """Return a frame with a row for each, under the index of the frame that was scored."""
        import pandas as pd

        return pd.DataFrame(self.columns(), index=self.index)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with a row for each, null where it has no value."""
        import pyarrow as pa

        numbers = {"prediction": pa.float64(), "scores": pa.list_(pa.float64())}
        columns = {
            name: pa.array(values, numbers.get(name, pa.string()), from_pandas=True)
            for name, values in self.columns().items()
        }
        return pa.table(columns)

    def _joined(self, values_of: Callable[[ArmAnswer], Any], kind: Any) -> NDArray[Any]:
        """Return the values of all answers in the order of the batch."""
        if len(self.answers) == 1 and not self.rejected:
            values = values_of(self.answers[0])
            if isinstance(values, np.ndarray):
                return values
        joined = np.full(len(self.matrix), np.nan if kind is np.float64 else None, kind)
        for each in self.answers:
            joined[slice(None) if each.rows is None else each.rows] = values_of(each)
        return joined


def scored_by(answer: Answer, what: Literal["name", "version"]) -> Any:
    """Return name or version of the model that scored each row: (n,), or one for all."""
    own, other = getattr(answer.spec, what), answer.fallback
    if answer.status is None or other is None:
        return own
    return np.where(np.char.startswith(answer.status.astype(str), "fallback:"), getattr(other, what), own)


def _listed(scores: NDArray[np.float64] | None) -> NDArray[np.object_] | None:
    """Return the rows of a matrix as lists, None where a row has no number."""
    if scores is None:
        return None
    listed = np.empty(len(scores), dtype=object)
    listed[:] = scores.tolist()
    listed[np.isnan(scores).all(axis=1)] = None
    return listed


def _propensity(each: ArmAnswer) -> Any:
    if each.arm is None:
        return np.nan
    return each.arm.propensity if each.undrawn is None else np.where(each.undrawn, np.nan, each.arm.propensity)
