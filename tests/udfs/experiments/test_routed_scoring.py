"""Batches of a job that takes part in an experiment: which model scores a row, and what the row says."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.settings import Settings
from gress.scoring.open_scorer import open_scorer
from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import ExperimentState, Registry, local_registry
from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from tests.support.tiny_models import linear, write_classes, write_linear, write_picky
from udfs.experiments.router import Router
from udfs.experiments.watched_weights import WATCHED
from udfs.features.errors import FeatureError
from udfs.functions import batch_scoring
from udfs.functions.score_columns import ScoreColumns
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.metrics.series import series
from udfs.parsing.lines import JsonLines

SIZE = 200
Make = Callable[..., Settings]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Versions 1 and 2 of m give the linear score, version 3 fails for amounts over 9, and m is a model of classes."""
    found = local_registry(tmp_path / "registry")
    for version, write in (("1.0.0", write_linear), ("2.0.0", write_linear), ("3.0.0", write_picky)):
        path = write(tmp_path / version)
        found.publish(spec_from_file(path, "m", version), path)
    path = write_classes(tmp_path / "classes", picky=False)
    found.publish(spec_from_file(path, "classes", "1.0.0", task="binary", classes=("no", "yes")), path)
    found.deployments("m").promote("1.0.0")
    return found


@pytest.fixture
def make(make_settings: MakeSettings, registry: Registry) -> Make:
    def build(
        *variants: tuple[str, str, float], inference: dict[str, Any] | None = None, before: Any = (), **given: Any
    ) -> Settings:
        arms = [
            {"name": f"v{place}", "model_name": name, "model_version": version, "weight": weight}
            for place, (name, version, weight) in enumerate(variants)
        ]
        tested = {"name": "test", "strategy": "hash", "split_key": "card", "variants": arms, **given}
        ml = {
            "model_registry": {"type": "local", "base_path": str(registry.base), "watch_interval": "10ms"},
            "models": [],
            "ab_testing": {"enabled": True, "experiments": [*before, tested]},
            "metrics": {"port": 0},
            "inference": {"max_latency": "30s"},  # a busy machine is no slow model
        }
        return make_settings(ml=ml, inference={"model_version": "", **(inference or {})})

    return build


@pytest.fixture
def opened() -> Iterator[Callable[[Settings], ScoreColumns]]:
    functions = []

    def build(settings: Settings) -> ScoreColumns:
        assert settings.job is not None
        functions.append(ScoreColumns(settings.job, settings.ml))
        functions[-1].open()
        return functions[-1]

    yield build
    for function in functions:
        function.close()


def columns(amounts: np.ndarray | None = None, size: int = SIZE) -> dict[str, np.ndarray]:
    return {
        "amount": np.arange(size) % 9 * 1.0 if amounts is None else amounts,
        "size": np.full(size, 2.0),
        "card": np.array([f"card {number}" for number in range(size)], dtype=object),
    }


def variants(settings: Settings, given: dict[str, np.ndarray]) -> list[str | None]:
    assert settings.job is not None
    router = Router(settings.ml.ab_testing.experiments, settings.job.events)
    arms = router.assign(given).arms
    return [None if arm < 0 else router.arms[arm].variant for arm in arms.tolist()]


def matrix(given: dict[str, np.ndarray]) -> np.ndarray:
    return np.column_stack([given["amount"], given["size"], given["amount"] / given["size"]])


def test_each_row_is_scored_by_its_variant_and_rows_keep_their_order(make: Make, opened: Any) -> None:
    settings = make(("m", "1.0.0", 70), ("m", "2.0.0", 30))
    given = columns()
    found = opened(settings).run(given)
    drawn = variants(settings, given)
    assert set(drawn) == {"v0", "v1"}
    assert list(found["__variant"]) == drawn
    assert list(found["__version"]) == [{"v0": "1.0.0", "v1": "2.0.0"}[each or ""] for each in drawn]
    assert list(found["__propensity"]) == [{"v0": 0.7, "v1": 0.3}[each or ""] for each in drawn]
    assert set(found["__experiment"]) == {"test"}
    np.testing.assert_allclose(found["__prediction"], linear(matrix(given)), rtol=1e-6)


def test_rows_outside_the_traffic_are_scored_by_the_job_s_own_model(make: Make, opened: Any) -> None:
    settings = make(("m", "2.0.0", 100), traffic=50)
    given = columns()
    found = opened(settings).run(given)
    drawn = variants(settings, given)
    assert list(found["__version"]) == ["1.0.0" if each is None else "2.0.0" for each in drawn]
    assert list(found["__experiment"]) == [each and "test" for each in drawn]
    assert np.isnan(np.asarray(found["__propensity"])).tolist() == [each is None for each in drawn]


def test_jobs_of_two_models_share_out_a_layer(make: Make, opened: Any) -> None:
    first = {
        "name": "first",
        "strategy": "hash",
        "split_key": "card",
        "layer": "cards",
        "traffic": 40,
        "variants": [{"name": "v", "model_name": "classes", "model_version": "1.0.0", "weight": 100}],
    }
    drawn = []
    for model in ("classes", "m"):
        inference = {"model_name": model, "model_version": "1.0.0"}
        settings = make(("m", "2.0.0", 100), inference=inference, before=[first], layer="cards", traffic=60)
        drawn.append(list(opened(settings).run(columns())["__experiment"]))
    assert [{*pair} for pair in zip(*drawn, strict=True)] == [
        {"first", None} if each == "first" else {None, "test"} for each in drawn[0]
    ]
    assert 0.25 * SIZE < drawn[0].count("first") < 0.55 * SIZE


@pytest.mark.parametrize("at", [0, 1, 77, SIZE])
def test_split_of_a_batch_changes_nothing(make: Make, opened: Any, at: int) -> None:
    function = opened(make(("m", "1.0.0", 60), ("m", "2.0.0", 40), traffic=80))
    given = columns()
    whole = function.run(given)
    parts = [
        function.run({name: values[rows] for name, values in given.items()}) for rows in (slice(at), slice(at, None))
    ]
    for name, kind in function.outputs:
        if name != "__latency_us":
            joined = [*parts[0][name], *parts[1][name]]
            assert joined == list(whole[name]) or kind == "DOUBLE"
            if kind == "DOUBLE":
                np.testing.assert_allclose(joined, np.asarray(whole[name]), rtol=1e-6)


@pytest.mark.parametrize("name", ["m", "learnt"], ids=["the job's model", "another"])
def test_deployed_primary_of_a_variant_follows_promotions_while_the_other_stays(
    make: Make, opened: Any, registry: Registry, name: str, tmp_path: Path
) -> None:
    if name == "learnt":
        for version in ("1.0.0", "2.0.0"):
            path = write_linear(tmp_path / f"learnt-{version}")
            registry.publish(spec_from_file(path, name, version), path)
        registry.deployments(name).promote("1.0.0")
    settings = make((name, "", 50), ("m", "1.0.0", 50))
    function, given = opened(settings), columns()
    assert set(function.run(given)["__version"]) == {"1.0.0"}
    registry.deployments(name).promote("2.0.0")
    end = time.monotonic() + 10
    while "2.0.0" not in function.run(given)["__version"]:
        assert time.monotonic() < end
        time.sleep(0.01)
    found = function.run(given)
    expected = [{"v0": (name, "2.0.0"), "v1": ("m", "1.0.0")}[each or ""] for each in variants(settings, given)]
    assert list(zip(found["__model"], found["__version"], strict=True)) == expected


def test_default_variant_answers_for_one_that_fails_and_the_row_keeps_its_variant(make: Make, opened: Any) -> None:
    settings = make(("m", "1.0.0", 50), ("m", "3.0.0", 50))
    given = columns(np.where(np.arange(SIZE) % 10 == 0, 99.0, 1.0))
    function = opened(settings)
    function.run(columns())
    found = function.run(given)
    drawn = variants(settings, given)
    bad = [each == "v1" and amount == 99 for each, amount in zip(drawn, given["amount"], strict=True)]
    assert any(bad)
    assert list(found["__variant"]) == drawn
    assert [status == "fallback:1.0.0" for status in found["__status"]] == bad
    assert [reason is not None for reason in found["__dead_letter_reason"]] == [False] * SIZE
    assert [version == "1.0.0" for version in found["__version"]] == [
        each == "v0" or is_bad for each, is_bad in zip(drawn, bad, strict=True)
    ]


def test_variants_of_several_models_answer_side_by_side(make: Make, opened: Any) -> None:
    settings = make(("m", "1.0.0", 50), ("classes", "1.0.0", 50))
    given = columns()
    found = opened(settings).run(given)
    is_classes = [each == "v1" for each in variants(settings, given)]
    assert [model == "classes" for model in found["__model"]] == is_classes
    assert [label in ("no", "yes") for label in found["__label"]] == is_classes
    assert [scores is not None and len(scores) == 2 for scores in found["__scores"]] == is_classes


def test_row_that_no_model_scores_is_a_dead_letter_at_its_place(make: Make, opened: Any) -> None:
    given = columns(np.where(np.arange(SIZE) % 50 == 3, np.nan, 1.0))
    found = opened(make(("m", "1.0.0", 50), ("m", "2.0.0", 50))).run(given)
    assert [reason == "not_finite" for reason in found["__dead_letter_reason"]] == np.isnan(given["amount"]).tolist()


def test_no_rows_give_columns_without_values(make: Make, opened: Any) -> None:
    function = opened(make(("m", "1.0.0", 50), ("m", "2.0.0", 50)))
    found = function.run({name: values[:0] for name, values in columns().items()})
    assert {name: len(found[name]) for name, _ in function.outputs} == {name: 0 for name, _ in function.outputs}


def test_written_lines_name_experiment_variant_and_propensity(make: Make) -> None:
    settings = make(("m", "1.0.0", 70), ("m", "2.0.0", 30), traffic=60)
    assert settings.job is not None
    function = WriteLines(ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields)))
    function.open()
    events = [
        {"id": number, "at": 1_700_000_000_000 + number, "card": f"card {number}", "amount": 1.5, "size": 2}
        for number in range(SIZE)
    ]
    written = function.write(line_column([json.dumps(event) for event in events]).tolist())
    function.close()
    assert written.predictions is not None
    rows = [json.loads(line) for line in written.predictions.splitlines()]
    drawn = variants(settings, {"card": np.array([event["card"] for event in events], dtype=object)})
    assert [row.get("variant") for row in rows] == drawn
    assert [row.get("experiment") for row in rows] == [each and "test" for each in drawn]
    assert [row.get("propensity") for row in rows] == [each and {"v0": 0.7, "v1": 0.3}[each] for each in drawn]


def test_job_without_experiments_writes_nothing_of_them(make: Make) -> None:
    settings = make(("m", "1.0.0", 100), enabled=False)
    assert settings.job is not None
    assert not {"__experiment", "__variant", "__propensity"} & {
        name for name, _ in ScoreColumns(settings.job, settings.ml).outputs
    }


def test_model_of_a_variant_that_is_not_there_is_refused(make: Make, opened: Any) -> None:
    with pytest.raises(ModelError, match=r"model m .*9\.0\.0"):
        opened(make(("m", "1.0.0", 50), ("m", "9.0.0", 50)))


def test_variants_are_counted(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_scoring, "export_metrics", lambda job, metrics: None)
    settings = make(("m", "1.0.0", 50), ("m", "3.0.0", 50))
    settings = settings.model_copy(
        update={"ml": settings.ml.model_copy(update={"metrics": settings.ml.metrics.model_copy(update={"port": 1})})}
    )
    assert settings.job is not None

    def count(name: str, *labels: str) -> float:
        return float(series(name, "j", "test", *labels)._value.get())

    given = columns(np.where(np.arange(SIZE) % 10 == 0, 99.0, 1.0))
    given["card"][:3] = None
    given["at"] = np.full(SIZE, 1_700_000_000_000.0)
    drawn = variants(settings, given)
    before = [count("abtest_variant_selections_total", each) for each in ("v0", "v1")]
    missing = count("abtest_unassigned_total", "missing_unit")
    failed = count("abtest_variant_errors_total", "v1", "prediction_failed")
    function = ScoreColumns(settings.job, settings.ml)
    function.open()
    function.run(given)
    function.close()
    after = [count("abtest_variant_selections_total", each) for each in ("v0", "v1")]
    assert np.subtract(after, before).tolist() == [drawn.count("v0"), drawn.count("v1")]
    assert count("abtest_unassigned_total", "missing_unit") - missing == 3
    bad = sum(each == "v1" and amount == 99 for each, amount in zip(drawn, given["amount"], strict=True))
    assert count("abtest_variant_errors_total", "v1", "prediction_failed") - failed == bad


def test_experiment_of_another_model_does_not_concern_the_job(make: Make, opened: Any) -> None:
    settings = make(("classes", "1.0.0", 100))
    found = opened(settings).run(columns())
    assert set(found["__version"]) == {"1.0.0"}
    assert "__variant" not in found


def state(step: int, **weights: float) -> ExperimentState:
    return ExperimentState(weights=weights, step=step, since=dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc))


def run_until(function: ScoreColumns, given: dict[str, np.ndarray], propensities: set[float]) -> dict[str, Any]:
    end = time.monotonic() + 10
    while set((found := function.run(given))["__propensity"]) != propensities:
        assert time.monotonic() < end, f"the weights {propensities} were not taken up within 10 s"
        time.sleep(0.01)
    return found


def test_a_running_job_follows_the_weights_of_the_registry(make: Make, opened: Any, registry: Registry) -> None:
    settings = make(("m", "", 1), ("m", "2.0.0", 0), ramp={"steps": [10, 40, 100]})
    given = columns()
    function = opened(settings)
    first = run_until(function, given, {0.9, 0.1})
    deployments = registry.deployments("m")
    deployments.set_experiment("test", state(1, v0=60, v1=40), action="advance")
    second = run_until(function, given, {0.6, 0.4})
    grown = [{each for each, variant in enumerate(found["__variant"]) if variant == "v1"} for found in (first, second)]
    assert grown[0] < grown[1]
    assert [version == "2.0.0" for version in second["__version"]] == [each in grown[1] for each in range(SIZE)]
    done = state(2, v0=0, v1=100).model_copy(update={"state": "promoted"})
    deployments.set_experiment("test", done, action="end", primary="2.0.0")
    last = run_until(function, given, {1.0})
    assert set(last["__version"]) == {"2.0.0"}
    assert set(last["__status"]) == {"ok"}


def test_a_job_starts_with_the_weights_of_the_registry(make: Make, opened: Any, registry: Registry) -> None:
    registry.deployments("m").set_experiment("test", state(1, v0=60, v1=40), action="advance")
    found = opened(make(("m", "", 1), ("m", "2.0.0", 0), ramp={"steps": [10, 40]})).run(columns())
    assert set(found["__propensity"]) == {0.6, 0.4}


def test_a_variant_without_units_gets_some_by_hand_while_the_job_runs(
    make: Make, opened: Any, registry: Registry
) -> None:
    function = opened(make(("m", "", 100), ("m", "2.0.0", 0)))
    assert set(function.run(columns())["__version"]) == {"1.0.0"}
    registry.deployments("m").set_experiment("test", state(1, v0=50, v1=50), action="advance")
    found = run_until(function, columns(), {0.5})
    assert set(found["__version"]) == {"1.0.0", "2.0.0"}


def test_no_watcher_is_left_where_a_model_cannot_be_opened(make: Make, opened: Any) -> None:
    with pytest.raises(ModelError, match=r"model m .*9\.0\.0"):
        opened(make(("m", "", 50), ("m", "9.0.0", 50)))
    assert WATCHED._open == {}


def test_weights_of_the_registry_do_not_switch_a_variant_on(make: Make, opened: Any, registry: Registry) -> None:
    arms = [{"name": f"v{place}", "model_name": "m", "weight": 1 - place, "enabled": not place} for place in range(2)]
    arms[1]["model_version"] = "9.0.0"
    registry.deployments("m").set_experiment("test", state(1, v0=0, v1=100), action="advance")
    found = opened(make(variants=arms, ramp={"steps": [10]})).run(columns())
    assert set(found["__variant"]) == {"v0"}
    assert np.isnan(list(found["__propensity"])).all()


def test_program_without_flink_is_told_what_a_table_needs_and_what_answered(make: Make) -> None:
    settings = make(("m", "1.0.0", 50), ("m", "2.0.0", 50), traffic=80)
    given = columns()
    with open_scorer(settings) as scorer:
        assert scorer.inputs == ("amount", "size", "card")
        found = scorer.score(given)
        with pytest.raises(FeatureError, match="'card'"):
            scorer.score({name: values for name, values in given.items() if name != "card"})
    drawn = variants(settings, given)
    assert list(found.variant) == drawn
    assert list(found.experiment) == [each and "test" for each in drawn]
    assert list(found.version) == [{"v0": "1.0.0", "v1": "2.0.0", None: "1.0.0"}[each] for each in drawn]
    assert set(found.status) == {"ok"}
