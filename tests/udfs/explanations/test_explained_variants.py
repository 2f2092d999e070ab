"""Rows of an experiment: each is explained by the variant that answers it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gress.sql.calls.call import Argument, Call
from gress.sql.calls.check_call import check_call
from jobs.errors import JobError
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.state.drift.record_golden import baseline_document
from tests.support.split_job import write_split_job
from tests.support.tiny_models import linear, write_linear, write_opposite
from udfs.explanations.explained_models import EXPLANATION_COLUMNS, ExplainedModels
from udfs.sql.named_models import NamedModels
from udfs.sql.options import SqlOptions
from udfs.sql.sql_models import SqlModels

NAMES = ("amount", "size", "per_size")
TRAINED = np.random.default_rng(1).normal([5, 2, 2.5], 0.5, (2000, 3)).astype(np.float32)
CARDS = [f"card {number}" for number in range(12)]


def _options(tmp_path: Path, *, has_second_baseline: bool = True) -> SqlOptions:
    """Settings of a job whose model has two versions in an experiment, of which the first is deployed."""
    registry = local_registry(tmp_path / "registry")
    baseline = baseline_document(TRAINED, NAMES, linear(TRAINED), cells=40)
    for version, write in (("1.0.0", write_linear), ("2.0.0", write_opposite)):
        file = write(tmp_path / version)
        known = baseline if version == "1.0.0" or has_second_baseline else None
        registry.publish(spec_from_file(file, "m", version, baseline=known), file)
    promote(registry, "m", "1.0.0")
    return SqlOptions("", str(write_split_job(tmp_path, registry.base, (50, 50))))


@pytest.fixture
def options(tmp_path: Path) -> SqlOptions:
    return _options(tmp_path)


@pytest.fixture
def models(options: SqlOptions) -> Iterator[ExplainedModels]:
    found = ExplainedModels(options)
    yield found
    found.close()


def _row(*cards: str | None) -> list[np.ndarray]:
    return [np.array([6.0]), np.array([1.5]), *(np.array([card], dtype=object) for card in cards)]


def test_each_row_is_explained_by_the_variant_that_answers_it(options: SqlOptions, models: ExplainedModels) -> None:
    answered = NamedModels(options)
    pinned = {version: models.explain(f"m${version}", _row()) for version in ("1.0.0", "2.0.0")}
    seen = set()
    for card in CARDS:
        (version,) = answered.score("gress_predict", "m", _row(card)).version
        assert models.explain("m", _row(card)) == pinned[version]
        seen.add(version)
    answered.close()
    assert seen == set(pinned)
    one, other = (
        dict(zip((row[0] for row in rows), (row[2] for row in rows), strict=True)) for rows in pinned.values()
    )
    assert {name: pytest.approx(-value, abs=1e-3) for name, value in other.items()} == one


def test_a_row_without_a_unit_has_no_explanation(models: ExplainedModels) -> None:
    (row,) = models.explain("m", _row(None))
    said = dict(zip((name for name, _ in EXPLANATION_COLUMNS), row, strict=True))
    assert (said["feature"], said["status"], said["reason"]) == (None, "dead_letter", "missing_value")


def test_a_variant_without_a_baseline_is_found_before_a_job_starts(tmp_path: Path) -> None:
    options = _options(tmp_path, has_second_baseline=False)
    columns = tuple(Argument(kind) for kind in ("DOUBLE", "DOUBLE", "VARCHAR"))
    with pytest.raises(JobError, match=r"m@2\.0\.0 has no baseline to compare with; register it with --baseline"):
        check_call(Call("gress_explain", "m", columns), SqlModels(options))
