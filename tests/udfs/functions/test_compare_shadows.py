"""Lines of events to lines of comparisons, through the step that scores them and the step that scores their shadows."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conf.settings import Settings
from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import Registry, local_registry
from state.drift.baseline import make_baseline
from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from tests.support.tiny_models import linear, write_classes, write_linear, write_opposite, write_picky
from udfs.columns.coded import objects
from udfs.experiments.router import Router
from udfs.functions import compare_shadows
from udfs.functions.compare_shadows import CompareShadows
from udfs.functions.score_lines import ScoreLines
from udfs.functions.write_lines import WriteLines
from udfs.metrics.series import series
from udfs.parsing.lines import JsonLines
from udfs.rows import COMPARISON, comparisons_of

SIZE = 120
EVENTS = [
    {
        "id": 2**60 + number,
        "at": 1_522_540_831_000 + number,
        "card": f'card "{number}" é\n',
        "amount": number % 9 + 0.25,
        "size": 2,
        "is_new": number % 3 == 0,
    }
    for number in range(SIZE)
]
LINEAR, OPPOSITE, PICKY = ("m", "1.0.0"), ("m", "2.0.0"), ("m", "3.0.0")
CLASSES = ("classes", "1.0.0")
TRAINED = np.linspace(0, 1, 200)
Make = Callable[..., Settings]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Versions of m give the linear score, one minus it, and the linear one with a failure for amounts over 9."""
    found = local_registry(tmp_path / "registry")
    baseline = make_baseline(np.zeros((200, 3), np.float32), ["a", "b", "c"], scores=TRAINED).to_json()
    writers = {"1.0.0": write_linear, "2.0.0": write_opposite, "3.0.0": write_picky}
    for version, write in writers.items():
        path = write(tmp_path / version)
        given = {} if version == "3.0.0" else {"baseline": baseline}
        found.publish(spec_from_file(path, "m", version).model_copy(update=given), path)
    path = write_classes(tmp_path / "classes", picky=False)
    found.publish(spec_from_file(path, "classes", "1.0.0", task="binary", classes=("no", "yes")), path)
    found.deployments("m").promote("1.0.0")
    return found


@pytest.fixture
def make(make_settings: MakeSettings, registry: Registry) -> Make:
    def build(*variants: tuple[str, str], inference: dict[str, Any] | None = None, **given: Any) -> Settings:
        weights = {2: [50, 50], 3: [40, 30, 30]}.get(len(variants), [])
        arms = [
            {"name": f"v{place}", "model_name": name, "model_version": version, "weight": weight}
            for place, ((name, version), weight) in enumerate(zip(variants, weights, strict=True))
        ]
        tested = {
            "name": "test",
            "strategy": "hash",
            "split_key": "card",
            "enable_shadow_mode": True,
            "variants": given.pop("variants", arms),
            **given,
        }
        ml = {
            "model_registry": {"type": "local", "base_path": str(registry.base)},
            "models": [],
            "ab_testing": {"enabled": True, "experiments": [tested]},
            "metrics": {"port": 0},
            "inference": {"max_latency": "60s"},
        }
        return make_settings(ml=ml, inference={"model_version": "", **(inference or {})})

    return build


@pytest.fixture
def opened() -> Iterator[Callable[..., CompareShadows]]:
    functions = []

    def build(settings: Settings, **given: Any) -> CompareShadows:
        function: CompareShadows = pickle.loads(pickle.dumps(CompareShadows(settings.job, settings.ml, **given)))  # type: ignore[arg-type]
        function.open()
        functions.append(function)
        return function

    yield build
    for function in functions:
        function.close()


def scored(settings: Settings, events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bytes | None]:
    """Return predictions, and what goes to the step that scores shadows."""
    assert settings.job is not None
    function = WriteLines(ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields)))
    function.open()
    written = function.write(line_column([json.dumps(event) for event in events]).tolist())
    function.close()
    rows = [] if written.predictions is None else [json.loads(line) for line in written.predictions.splitlines()]
    return rows, written.sides["__shadow"]


def lines_of(function: CompareShadows, data: bytes | None) -> list[dict[str, Any]]:
    assert data is not None
    (found,) = function.run({"__shadow": objects([data])})["__comparisons"]
    return [] if found is None else [json.loads(line) for line in found.split(b"\n")]


def variants(settings: Settings, events: list[dict[str, Any]]) -> list[str]:
    assert settings.job is not None
    router = Router(settings.ml.ab_testing.experiments, settings.job.events)
    cards = objects([event["card"] for event in events])
    return [router.arms[arm].variant for arm in router.assign({"card": cards}).arms]


def score(event: dict[str, Any]) -> float:
    amount, size = event["amount"], event["size"]
    return float(linear(np.array([[amount, size, amount / size]]))[0])


@pytest.mark.parametrize("count", [1, SIZE], ids=["one row", "many rows"])
def test_each_row_is_compared_with_the_other_variant(count: int, make: Make, opened: Any) -> None:
    settings = make(LINEAR, OPPOSITE, inference={"alert_threshold": 0.6})
    events = EVENTS[:count]
    predictions, data = scored(settings, events)
    found = {row["event_id"]: row for row in lines_of(opened(settings), data)}
    assert set(found) == {event["id"] for event in events}
    for event, own, prediction in zip(events, variants(settings, events), predictions, strict=True):
        line, other = found[event["id"]], {"v0": "v1", "v1": "v0"}[own]
        scores = {"v0": score(event), "v1": 1 - score(event)}
        assert {name: line[name] for name in ("experiment", "variant", "shadow")} == {
            "experiment": "test",
            "variant": own,
            "shadow": other,
        }
        assert {name: line[name] for name in ("key", "event_time", "version", "prediction")} == {
            name: prediction[name] for name in ("key", "event_time", "version", "prediction")
        }
        assert line["key"] == event["card"]
        assert line["shadow_version"] == {"v0": "1.0.0", "v1": "2.0.0"}[other]
        assert line["shadow_prediction"] == pytest.approx(scores[other], rel=1e-6)
        assert line["score_delta"] == pytest.approx(scores[other] - scores[own], abs=1e-6)
        assert line["is_match"] == ((scores["v0"] > 0.6) == (scores["v1"] > 0.6))
        # Training scores are uniform, in cells of a twentieth: a score is its own rank, but for half a cell.
        assert line["rank_delta"] == pytest.approx(line["score_delta"], abs=0.05 + 1e-6)


def test_lines_have_the_columns_of_comparisons_in_their_order(make: Make, opened: Any) -> None:
    settings = make(CLASSES, LINEAR, CLASSES)
    assert settings.job is not None
    events = settings.job.events.model_copy(update={"label": "is_new"})
    labelled = settings.model_copy(update={"job": settings.job.model_copy(update={"events": events})})
    _, data = scored(labelled, EVENTS)
    rows = lines_of(opened(labelled), data)
    names = [column.name for column in COMPARISON]
    assert [column.name for column in comparisons_of(labelled.job)] == names  # type: ignore[arg-type]
    classes = {"v0", "v2"}
    for row in rows:
        # The models have no threshold, and one of them no baseline.
        left_out = {"rank_delta"}
        left_out |= set() if row["variant"] in classes else {"label"}
        left_out |= set() if row["shadow"] in classes else {"shadow_label"}
        assert list(row) == [name for name in names if name not in left_out]
        assert row["truth"] == float((row["event_id"] - 2**60) % 3 == 0)
        assert row["is_match"] is True
    assert {(row["variant"], row["shadow"]) for row in rows} == {
        (own, other) for own in ("v0", "v1", "v2") for other in ("v0", "v1", "v2") if own != other
    }
    assert len(rows) == 2 * SIZE


def test_a_line_a_text_where_they_are_asked_for(make: Make, opened: Any) -> None:
    settings = make(LINEAR, OPPOSITE)
    _, data = scored(settings, EVENTS)
    columns = {"__shadow": objects([data])}
    block, texts = opened(settings), opened(settings, kind="ARRAY<STRING>")
    assert block.outputs == (("__comparisons", "BYTES"),)
    assert texts.outputs == (("__comparisons", "ARRAY<STRING>"),)
    (found,) = texts.run(columns)["__comparisons"]
    assert len(found) == SIZE
    assert all(isinstance(text, str) for text in found)
    assert "\n".join(found).encode() == block.run(columns)["__comparisons"][0]


@pytest.mark.parametrize(
    ("most", "wanted"),
    [(100, [[0, 1, 2, 3, 4, 5], None, None]), (4, [[0, 1, 2, 3], [4, 5], None]), (1, [[0, 1], [2, 3], [4, 5]])],
    ids=["all at once", "two at once", "one by one"],
)
def test_batches_are_compared_several_at_once_and_each_has_a_value(
    most: int, wanted: list[Any], make: Make, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_shadows, "_MOST_ROWS", most)
    settings = make(LINEAR, OPPOSITE)
    function = opened(settings)
    assert function.inputs == (("__shadow", "BYTES"),)
    sent = [scored(settings, EVENTS[begin : begin + 2])[1] for begin in (0, 2, 4)]
    found = function.run({"__shadow": objects(sent)})
    assert list(found) == [name for name, _ in function.outputs]
    assert [value and sorted(ids_of(value)) for value in found["__comparisons"]] == wanted


def ids_of(block: bytes) -> list[int]:
    return [json.loads(line)["event_id"] - 2**60 for line in block.split(b"\n")]


def test_no_batches_have_no_comparisons(make: Make, opened: Any) -> None:
    found = opened(make(LINEAR, OPPOSITE)).run({"__shadow": objects([])})
    assert {name: list(values) for name, values in found.items()} == {"__comparisons": []}


def test_rows_that_waited_too_long_have_no_comparison(make: Make, opened: Any) -> None:
    settings = make(LINEAR, OPPOSITE)
    _, data = scored(settings, EVENTS)
    function = opened(settings, longest_wait_s=-1.0)
    assert function.run({"__shadow": objects([data])})["__comparisons"] == [None]


def test_shadow_that_fails_on_a_row_leaves_the_others(make: Make, opened: Any) -> None:
    settings = make(LINEAR, PICKY)
    events = [event | {"amount": 99} if place % 10 == 0 else event for place, event in enumerate(EVENTS)]
    predictions, data = scored(settings, events)
    own = variants(settings, events)
    found = {row["event_id"] - 2**60 for row in lines_of(opened(settings), data)}
    # A row of the picky variant that it fails on got the default variant's answer, and says nothing of either.
    assert found == {place for place in range(SIZE) if place % 10}
    assert any(own[place] == "v1" for place in range(0, SIZE, 10))
    assert len(predictions) == SIZE


def test_variant_that_is_switched_off_is_no_shadow_and_one_without_traffic_is(make: Make, opened: Any) -> None:
    arms = [
        {"name": "on", "model_name": "m", "model_version": "1.0.0", "weight": 100},
        {"name": "off", "model_name": "m", "model_version": "7.0.0", "weight": 50, "enabled": False},
        {"name": "silent", "model_name": "m", "model_version": "2.0.0", "weight": 0},
    ]
    settings = make(variants=arms)
    _, data = scored(settings, EVENTS)
    rows = lines_of(opened(settings), data)
    assert {(row["variant"], row["shadow"]) for row in rows} == {("on", "silent")}
    assert len(rows) == SIZE


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Callable[[Settings], Settings]:
    """Settings with metrics, which no endpoint shows."""
    monkeypatch.setattr(compare_shadows, "export_metrics", lambda job, metrics: None)

    def build(settings: Settings) -> Settings:
        metrics = settings.ml.metrics.model_copy(update={"port": 1})
        return settings.model_copy(update={"ml": settings.ml.model_copy(update={"metrics": metrics})})

    return build


def count(name: str, *labels: str) -> float:
    return float(series(name, "j", "test", *labels)._value.get())


@pytest.mark.parametrize("is_written", [True, False], ids=["written", "not written"])
def test_rows_are_counted_whether_comparisons_are_written_or_not(
    is_written: bool, make: Make, opened: Any, counting: Callable[[Settings], Settings]
) -> None:
    settings = make(LINEAR, LINEAR, collect_comparison=is_written)
    _, data = scored(settings, EVENTS)
    before = count("abtest_shadow_comparisons_total", "match")
    function = opened(counting(settings))
    (found,) = function.run({"__shadow": objects([data])})["__comparisons"]
    assert (found is not None) == is_written
    function.close()
    assert count("abtest_shadow_comparisons_total", "match") - before == SIZE


def test_shadow_is_left_alone_after_two_failed_batches(
    make: Make, opened: Any, counting: Callable[[Settings], Settings]
) -> None:
    settings = make(LINEAR, PICKY)
    _, data = scored(settings, [event | {"amount": 99} for event in EVENTS])
    rows = variants(settings, EVENTS).count("v0")
    names = ("abtest_variant_errors_total", "v1", "prediction_failed"), ("abtest_shadow_skipped_total", "v1")
    function = opened(counting(settings))
    before = [count(*name) for name in names]
    for _ in range(3):
        assert function.run({"__shadow": objects([data])})["__comparisons"] == [None]
    function.close()
    assert np.subtract([count(*name) for name in names], before).tolist() == [2 * rows, rows]


def test_job_without_shadows_sends_nothing(make: Make) -> None:
    settings = make(LINEAR, OPPOSITE, enable_shadow_mode=False)
    assert settings.job is not None
    score_lines = ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields))
    assert "__shadow" not in dict(score_lines.outputs)


def test_close_may_follow_an_open_that_failed_or_none(make: Make) -> None:
    settings = make(LINEAR, ("m", "9.0.0"))
    assert settings.job is not None
    function = CompareShadows(settings.job, settings.ml)
    with pytest.raises(ModelError, match=r"model m .*9\.0\.0"):
        function.open()
    function.close()
    CompareShadows(settings.job, settings.ml).close()
