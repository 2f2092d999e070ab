from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.drift import SequentialSettings
from state.drift.histograms import Histograms
from state.drift.rows import SampledRows
from state.drift.sequential.streams import Detection, Streams
from tests.state.drift.record_golden import baseline_document
from tests.state.drift.sampled import BASELINE, rows_at

RIVER = json.loads((Path(__file__).parent / "data" / "river.json").read_text(encoding="utf-8"))
CELLS = Histograms.from_json(BASELINE)


def streams_of(baseline: Histograms = CELLS, **settings: Any) -> Streams:
    return Streams(SequentialSettings.model_validate({"detector": "page_hinkley", **settings}), baseline)


def with_errors(errors: np.ndarray) -> SampledRows:
    """Rows whose outcomes are off by so much."""
    return rows_at(np.arange(len(errors)) * 10, scores=errors, labels=np.zeros(len(errors)))


def where(found: list[Detection]) -> list[tuple[str, int]]:
    return [(each.finding.name, each.found_ms // 10) for each in found]


@pytest.mark.parametrize("stream", ["abrupt", "errors"])
def test_errors_of_outcomes_change_where_river_says(stream: str) -> None:
    cases = [each for each in RIVER["page_hinkley"] if each["stream"] == stream]
    (wanted,) = [each["changes"] for each in cases if each["settings"] == {"threshold": 3.0}]
    found = streams_of(streams=["outcome"], threshold=3).update(with_errors(np.array(RIVER["streams"][stream])))
    assert where(found) == [("error", position) for position in wanted]
    assert {each.finding.role for each in found} <= {"outcome"}


def test_each_change_says_since_when_and_over_how_many_rows() -> None:
    errors = np.repeat([0.1, 0.9, 0.1], 100)
    rows = with_errors(errors)
    rows.labels[50:60] = np.nan
    found = streams_of(streams=["outcome"], threshold=5).update(rows)
    assert len(found) == 2
    first, second = found
    assert (first.since_ms, first.rows) == (0, first.found_ms // 10 + 1 - 10)
    assert (second.since_ms, second.rows) == (first.found_ms, (second.found_ms - first.found_ms) // 10)
    assert first.finding.statistic > 0 > second.finding.statistic
    assert first.finding.is_drift
    assert first.finding.measure == "page_hinkley"


@pytest.mark.parametrize("detector", ["adwin", "page_hinkley"])
def test_shifted_feature_and_score_are_found_and_the_steady_one_is_not(detector: str) -> None:
    rng = np.random.default_rng(3)

    def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
        # Far beyond 0..1, with a long tail.
        return np.exp(rng.normal(0, 3, (count, 2))), rng.beta(1, 20, count)

    trained, said = drawn(5000)
    baseline = Histograms.from_json(baseline_document(trained.astype(np.float32), ("steady", "moved"), said, cells=20))
    matrix, scores = drawn(4000)
    matrix[2000:, 1] *= 8
    scores[3000:] = (scores[3000:] + 0.05).clip(0, 1)
    rows = SampledRows("m", "1", np.arange(4000) * 10, matrix.astype(np.float32), scores, np.full(4000, np.nan))
    found = streams_of(baseline, detector=detector, tolerance=0.05, threshold=20).update(rows)
    first = dict(reversed(where(found)))
    assert set(first) == {"moved", "prediction"}
    assert 2000 < first["moved"] < 2400
    assert 3000 < first["prediction"] < 3400
    assert all(each.finding.statistic > 0 for each in found)
    assert max(each.finding.score for each in found) > 0.5


@pytest.mark.parametrize(
    ("streams", "names"),
    [(["score"], {"prediction"}), (["features"], {"amount", "code"}), (["outcome"], {"error"})],
    ids=["score", "features", "outcome"],
)
def test_only_the_streams_that_were_asked_for_are_watched(streams: list[str], names: set[str]) -> None:
    kept = streams_of(streams=streams).snapshot()["streams"]
    assert {key.partition(":")[2] for key in kept} == names


@pytest.mark.parametrize("detector", ["adwin", "page_hinkley"])
def test_what_is_no_outcome_is_passed_over(detector: str) -> None:
    scores = np.array([0.25, 1.5, -0.5, 0.75, 0.5])
    labels = np.array([1, 0, 1, np.nan, 0.5])
    one, other = (streams_of(detector=detector, streams=["outcome"]) for _ in range(2))
    one.update(rows_at([1, 2, 3, 4, 5], scores=scores, labels=labels))
    other.update(rows_at([1], scores=scores[:1], labels=labels[:1]))
    assert one.snapshot() == other.snapshot()


def test_snapshot_is_builtins_alone() -> None:
    streams = streams_of(detector="adwin")
    streams.update(rows_at(np.arange(200)))

    def kinds(value: object) -> set[type]:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return {type(value)}.union(*map(kinds, inner))

    assert kinds(streams.snapshot()) <= {dict, list, int, float, str, bytes}


def test_snapshot_of_another_detector_starts_anew_and_of_another_format_is_refused() -> None:
    streams = streams_of(detector="adwin")
    streams.update(rows_at(np.arange(200)))
    other = streams_of()
    other.restore(streams.snapshot())
    assert other.snapshot() == streams_of().snapshot()
    with pytest.raises(ValueError, match="streams: expected a snapshot of version 1, got 0"):
        other.restore({**streams.snapshot(), "version": 0})
