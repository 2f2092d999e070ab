"""Changes of experiments by hand, and what is known of them after."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from conf.settings import ExperimentSettings, MlSettings
from models.errors import ModelError
from models.experiments.changes import end_experiment, find_experiment, set_weights
from models.experiments.overview import experiment_history, summarize_experiment
from models.lifecycle import promote, register, retire, rollback
from models.registry import ExperimentState, Registry, local_registry
from tests.support.tiny_models import write_linear

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.timezone.utc)
RAMP = {"steps": [10, 50]}
FILE = {"name": "m", "version": "1", "type": "onnx", "path": "m.onnx"}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Versions 1 to 3 of m, the first of which serves, and version 1 of other."""
    found = local_registry(tmp_path / "models")
    for name, version in (("m", "1"), ("m", "2"), ("m", "3"), ("other", "1")):
        register(found, write_linear(tmp_path / "trained"), name, version)
    promote(found, "m", "1")
    return found


def settings(**given: Any) -> tuple[MlSettings, ExperimentSettings]:
    """Settings of one experiment of four variants, the last of which is switched off."""
    variants = [
        {"name": "old", "model_name": "m", "weight": 90},
        {"name": "new", "model_name": "m", "model_version": "v2"},
        {"name": "another", "model_name": "other", "model_version": "1", "weight": 10},
        {"name": "off", "model_name": "m", "model_version": "3", "enabled": False},
    ]
    models = given.pop("models", [])
    tested = {"name": "e", "strategy": "random", "variants": variants, **given}
    ml = MlSettings.model_validate({"models": models, "ab_testing": {"enabled": True, "experiments": [tested]}})
    return ml, ml.ab_testing.experiments[0]


def weights(registry: Registry) -> dict[str, float]:
    ml, tested = settings()
    return {each.name: each.weight for each in summarize_experiment(registry, ml, tested).variants}


def test_weights_are_set_and_later_changes_count_on(registry: Registry) -> None:
    ml, tested = settings()
    assert weights(registry) == {"old": 90, "new": 0, "another": 10, "off": 0}
    done = set_weights(registry, ml, tested, {"old": 70, "new": 30}, now=NOW, by="ann", why="try it")
    assert (done.action, done.primary, done.by, done.why) == ("advance", "1.0.0", "ann", "try it")
    assert done.experiments["e"] == ExperimentState(
        weights={"old": 70, "new": 30, "another": 0, "off": 0}, step=1, since=NOW
    )
    assert weights(registry) == {"old": 70, "new": 30, "another": 0, "off": 0}
    done = set_weights(registry, ml, tested, {"new": 100}, now=NOW)
    assert done.experiments["e"].step == 2


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"old": 50, "mew": 50}, "experiment e has no variant 'mew'; it has old, new, another, off$"),
        ({"old": 50, "off": 50}, "variant off of experiment e gets no units: it is switched off; switch it on in the"),
        ({"old": 50, "new": 49}, "experiment e of model m has no such weights: .* got a sum of 99$"),
    ],
    ids=["unknown", "off", "sum"],
)
def test_weights_that_cannot_be_are_refused(registry: Registry, wanted: dict[str, float], text: str) -> None:
    ml, tested = settings()
    with pytest.raises(ModelError, match=text):
        set_weights(registry, ml, tested, wanted, now=NOW)
    assert experiment_history(registry, ml, tested) == ()


def test_experiment_of_a_file_cannot_be_changed(registry: Registry) -> None:
    ml, tested = settings(models=[FILE])
    text = "experiment e has the weights of the settings, as the default variant's model is a file; register the model"
    with pytest.raises(ModelError, match=text):
        set_weights(registry, ml, tested, {"old": 100}, now=NOW)
    with pytest.raises(ModelError, match=text):
        end_experiment(registry, ml, tested, "new", now=NOW)
    assert experiment_history(registry, ml, tested) == ()
    assert summarize_experiment(registry, ml, tested).weights_from == "settings"


def test_of_two_people_who_change_an_experiment_at_once_the_second_is_told(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    ml, tested = settings()
    before = registry.deployments("m").latest()
    set_weights(registry, ml, tested, {"old": 70, "new": 30}, now=NOW)
    monkeypatch.setattr("models.registry.deployments.Deployments.latest", lambda self: before)
    text = "experiment e was changed by somebody else at the same time; look at `gress experiments status e` and try"
    with pytest.raises(ModelError, match=text):
        set_weights(registry, ml, tested, {"old": 60, "new": 40}, now=NOW)
    with pytest.raises(ModelError, match=text):
        end_experiment(registry, ml, tested, "new", now=NOW)


def test_end_promotes_the_winner_in_the_same_generation(registry: Registry) -> None:
    ml, tested = settings()
    set_weights(registry, ml, tested, {"old": 50, "new": 50}, now=NOW)
    done = end_experiment(registry, ml, tested, "new", now=NOW, why="finds more")
    assert (done.generation, done.action, done.primary, done.previous) == (3, "promote", "2.0.0", "1.0.0")
    assert (done.experiments["e"].state, done.experiments["e"].step) == ("promoted", 2)
    assert [record.kind for record in registry.records("m", "2")] == ["validated"]
    assert weights(registry) == {"old": 0, "new": 100, "another": 0, "off": 0}


def test_end_of_the_default_variant_promotes_nothing(registry: Registry) -> None:
    ml, tested = settings()
    done = end_experiment(registry, ml, tested, "old", now=NOW)
    assert (done.action, done.primary, done.experiments["e"].state) == ("end", "1.0.0", "rolled_back")


def test_end_promotes_a_winner_of_another_model_there(registry: Registry) -> None:
    ml, tested = settings()
    done = end_experiment(registry, ml, tested, "another", now=NOW, why="finds more")
    assert (done.action, done.primary, done.experiments["e"].state) == ("end", "1.0.0", "promoted")
    other = registry.deployments("other").latest()
    assert other is not None
    assert (other.action, other.primary, other.experiment, other.why) == ("promote", "1.0.0", "e", "finds more")


@pytest.mark.parametrize("winner", ["old", "new", "another"])
def test_end_that_comes_twice_changes_nothing_more(registry: Registry, winner: str) -> None:
    ml, tested = settings()
    done = end_experiment(registry, ml, tested, winner, now=NOW)
    assert end_experiment(registry, ml, tested, winner, now=NOW + dt.timedelta(days=1)) == done
    assert registry.deployments("m").latest() == done


def test_other_winner_after_the_end_takes_its_place(registry: Registry) -> None:
    ml, tested = settings()
    first = end_experiment(registry, ml, tested, "old", now=NOW)
    done = end_experiment(registry, ml, tested, "new", now=NOW)
    assert (done.generation, done.primary) == (first.generation + 1, "2.0.0")


def test_winner_that_serves_already_is_not_promoted_again(registry: Registry) -> None:
    ml, tested = settings()
    promote(registry, "m", "2")
    done = end_experiment(registry, ml, tested, "new", now=NOW)
    assert (done.action, done.primary, done.previous) == ("end", "2.0.0", "1.0.0")


def test_winner_that_is_a_file_is_not_promoted(registry: Registry) -> None:
    ml, tested = settings(models=[{**FILE, "name": "other"}])
    assert end_experiment(registry, ml, tested, "another", now=NOW).action == "end"
    assert registry.deployments("other").latest() is None


def test_winner_that_may_not_serve_ends_nothing(registry: Registry) -> None:
    ml, tested = settings()
    retire(registry, "m", "2")
    with pytest.raises(ModelError, match=r"model m@2\.0\.0 cannot be promoted: it is retired"):
        end_experiment(registry, ml, tested, "new", now=NOW)
    with pytest.raises(ModelError, match="variant off of experiment e cannot win: it is switched off"):
        end_experiment(registry, ml, tested, "off", now=NOW)
    with pytest.raises(ModelError, match="experiment e has no variant 'mew'"):
        end_experiment(registry, ml, tested, "mew", now=NOW)
    assert experiment_history(registry, ml, tested) == ()


def test_promotions_and_rollbacks_by_hand_keep_the_weights(registry: Registry) -> None:
    ml, tested = settings()
    set_weights(registry, ml, tested, {"old": 50, "new": 50}, now=NOW)
    promote(registry, "m", "3")
    assert weights(registry)["new"] == 50
    set_weights(registry, ml, tested, {"old": 20, "new": 80}, now=NOW)
    assert rollback(registry, "m").primary == "1.0.0"
    assert weights(registry)["new"] == 80


def test_history_has_the_changes_of_one_experiment_alone(registry: Registry) -> None:
    ml, tested = settings()
    set_weights(registry, ml, tested, {"old": 50, "new": 50}, now=NOW, by="ann", why="try it")
    promote(registry, "m", "3")
    state = ExperimentState(weights={"a": 100}, since=NOW)
    registry.deployments("m").set_experiment("f", state, action="advance")
    end_experiment(registry, ml, tested, "new", now=NOW, by="bob", why="finds more")
    found = experiment_history(registry, ml, tested)
    assert [(each.generation, each.action, each.step, each.state, each.by, each.why) for each in found] == [
        (2, "advance", 1, "running", "ann", "try it"),
        (5, "promote", 2, "promoted", "bob", "finds more"),
    ]
    assert list(found[0].weights.items()) == [("old", 50), ("new", 50), ("another", 0), ("off", 0)]


def test_summary_before_the_first_change_is_that_of_the_settings(registry: Registry) -> None:
    ml, tested = settings(ramp={"variant": "new", **RAMP}, layer="l", traffic=40, enable_shadow_mode=True)
    found = summarize_experiment(registry, ml, tested)
    assert (found.layer, found.traffic, found.strategy, found.unit, found.shadow) == ("l", 40, "random", None, True)
    assert (found.weights_from, found.state, found.step, found.since) == ("settings", "running", 0, None)
    assert [tuple(dataclasses.asdict(each).values()) for each in found.variants] == [
        ("old", "m", "1.0.0", 81, True, True),
        ("new", "m", "2.0.0", 10, False, True),
        ("another", "other", "1.0.0", 9, False, True),
        ("off", "m", "3.0.0", 0, False, False),
    ]


def test_summary_leaves_out_weights_that_jobs_ignore(registry: Registry) -> None:
    ml, tested = settings()
    state = ExperimentState(weights={"gone": 100}, step=3, since=NOW)
    registry.deployments("m").set_experiment("e", state, action="advance")
    assert summarize_experiment(registry, ml, tested).weights_from == "settings"
    assert weights(registry)["old"] == 90


def test_experiment_that_is_switched_off_is_off(registry: Registry) -> None:
    ml, tested = settings(enabled=False)
    assert summarize_experiment(registry, ml, tested).state == "off"


@pytest.mark.parametrize(
    ("models", "version"),
    [([], None), ([{**FILE, "name": "gone"}, {**FILE, "name": "gone", "version": "1.10"}], "1.10.0")],
    ids=["nowhere", "highest file"],
)
def test_version_of_a_variant_that_the_registry_does_not_have(
    registry: Registry, models: list[dict[str, Any]], version: str | None
) -> None:
    variants = [{"name": "old", "model_name": "m", "weight": 100}, {"name": "new", "model_name": "gone"}]
    ml, tested = settings(models=models, variants=variants)
    assert summarize_experiment(registry, ml, tested).variants[1].version == version


def test_experiment_is_found_by_its_name() -> None:
    ml, tested = settings()
    assert find_experiment(ml, "e") == tested
    with pytest.raises(ModelError, match=r"experiment f is not in the settings; they have e$"):
        find_experiment(ml, "f")
    with pytest.raises(ModelError, match=r"experiment f is not in the settings; they have none$"):
        find_experiment(MlSettings(), "f")
