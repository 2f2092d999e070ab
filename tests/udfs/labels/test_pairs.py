"""Predictions on their way to the join and back: parts, pairs, and lines of what is left over."""

from __future__ import annotations

import json

import numpy as np
import pytest

from conf.experiments.verdict import VerdictSettings
from state.sliding.rows import Column
from state.verdicts.outcomes import Outcomes
from udfs.labels.job_labels import LABEL, LABEL_TIME, label_columns
from udfs.labels.pairs import outcomes_of_pairs
from udfs.labels.prediction_parts import ID, TIME, Known, by_assignment, prediction_columns, prediction_part
from udfs.labels.unmatched import unmatched_lines
from udfs.windows.parts import Block, PartFormat

VERDICT = VerdictSettings.model_validate(
    {"metrics": [{"of": "label"}, {"of": "log_loss"}, {"of": "errors"}, {"of": "field", "field": "eur"}]}
)


def outcomes(name: str, step: int, shares: tuple[float, ...], times: list[int]) -> Outcomes:
    size = len(times)
    nothing = np.full(size, np.nan)
    points = np.arange(size, dtype=np.uint64) + np.uint64(2**63)
    arms = np.arange(size) % len(shares)
    return Outcomes(name, step, shares, points, np.array(times), arms, nothing[:, None], nothing, nothing)


def predictions(*parts: bytes, kind: str = "BIGINT") -> Block:
    return PartFormat(prediction_columns(kind)).decode(*parts)


@pytest.mark.parametrize(("kind", "ids"), [("BIGINT", [7, 2**60 + 1]), ("STRING", ["a", "é"])], ids=["long", "text"])
def test_part_brings_back_ids_and_points(kind: str, ids: list[object]) -> None:
    given = outcomes("e", 0, (0.5, 0.5), [10, 20])
    ids_given = np.array(ids, np.int64 if kind == "BIGINT" else object)
    part = prediction_part(given, Known(ids_given, kind, np.array([0.25, np.nan])))
    block = predictions(part, kind=kind)
    lists = PartFormat(prediction_columns(kind)).lists(block)
    assert lists[ID] == ids
    assert lists[TIME] == [10, 20]
    np.testing.assert_array_equal(block.numbers("__point").values.view(np.uint64), given.points)
    np.testing.assert_array_equal(block.numbers("__prediction").values, [0.25, np.nan])


def test_rows_come_back_by_what_assigned_them() -> None:
    groups = {("e", 0, (0.5, 0.5)): [1, 2, 3], ("e", 1, (0.9, 0.1)): [4, 5], ("longer", 0, (1.0,)): [6]}
    parts = [
        prediction_part(outcomes(*about, times), Known(np.array(times), "BIGINT", np.zeros(len(times))))
        for about, times in groups.items()
    ]
    block = predictions(*parts).take(np.array([5, 0, 3, 1, 4, 2]))
    found = {tuple(about): rows.numbers(TIME).values.tolist() for about, rows in by_assignment(block)}
    assert found == groups


def test_pair_has_the_metrics_of_its_label_alone_from_when_both_were_known() -> None:
    part = prediction_part(
        outcomes("e", 2, (0.5, 0.5), [100, 200]), Known(np.array([1, 2]), "BIGINT", np.array([0.8, 0.4]))
    )
    labels = {LABEL: Column(np.array([1.0, 0.0])), "__age_ms": Column(np.array([50, -30]))}
    (found,) = outcomes_of_pairs(predictions(part).plus(labels), {"e": VERDICT})
    assert (found.experiment, found.step, found.shares, found.is_delayed) == ("e", 2, (0.5, 0.5), True)
    assert found.times.tolist() == [150, 200]
    np.testing.assert_array_equal(found.values[:, 0], [1.0, 0.0])
    np.testing.assert_allclose(found.values[:, 1], [-np.log(0.8), -np.log(0.6)])
    assert np.isnan(found.values[:, 2:]).all()
    np.testing.assert_array_equal(found.scores, [0.8, 0.4])
    np.testing.assert_array_equal(found.labels, [1.0, 0.0])


def test_pairs_of_experiments_that_are_over_are_left_out() -> None:
    part = prediction_part(outcomes("old", 0, (1.0,), [1]), Known(np.array([1]), "BIGINT", np.array([0.5])))
    labels = {LABEL: Column(np.array([1.0])), "__age_ms": Column(np.array([5]))}
    assert list(outcomes_of_pairs(predictions(part).plus(labels), {"e": VERDICT})) == []


def test_rows_without_the_other_side_are_lines() -> None:
    packed = PartFormat(label_columns("STRING"))
    values = {
        ID: np.array(["a", 'say "b"'], object),
        LABEL_TIME: np.array([1, 2]),
        LABEL: np.array([1.0, 0.5]),
    }
    text = unmatched_lines("orphan", packed.block(values), packed)
    assert [json.loads(line) for line in text.split("\n")] == [
        {"outcome": "orphan", "id": "a", "time": 1, "label": 1},
        {"outcome": "orphan", "id": 'say "b"', "time": 2, "label": 0.5},
    ]
    of_predictions = PartFormat(prediction_columns("BIGINT"))
    part = prediction_part(outcomes("e", 0, (1.0,), [9]), Known(np.array([4]), "BIGINT", np.array([0.5])))
    text = unmatched_lines("unlabelled", predictions(part), of_predictions)
    assert json.loads(text) == {"outcome": "unlabelled", "id": 4, "time": 9}
