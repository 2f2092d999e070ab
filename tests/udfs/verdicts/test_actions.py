"""Actions on verdicts: what the registry's deployments say after a record."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from conf.settings import ExperimentSettings, MlSettings
from models.errors import ModelError
from models.inspect import spec_from_file
from models.registry import ExperimentState, Registry, local_registry
from tests.support.tiny_models import write_linear
from udfs.verdicts.actions import Actions, actions_of

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    found = local_registry(tmp_path / "registry")
    path = write_linear(tmp_path)
    for name, versions in (("m", ("1.0.0", "2.0.0", "3.0.0")), ("other", ("1.0.0",))):
        for version in versions:
            found.publish(spec_from_file(path, name, version), path)
    found.deployments("m").promote("1.0.0", why="first")
    return found


def experiment(
    *more: dict[str, Any],
    ramp: dict[str, Any] | None = None,
    weights: tuple[float, ...] = (80, 20),
    metrics: tuple[dict[str, Any], ...] = (),
) -> ExperimentSettings:
    variants = [
        {"name": "control", "model_name": "m", "model_version": "1.0.0"},
        {"name": "new", "model_name": "m", "model_version": "2.0.0"},
        *more,
    ]
    for variant, weight in zip(variants, weights, strict=True):
        if ramp is None or variant["name"] != "new":
            variant["weight"] = weight
    given = {"name": "test", "strategy": "hash", "split_key": "card", "variants": variants, "ramp": ramp}
    if metrics:
        given |= {"enable_shadow_mode": True, "verdict": {"auto": True, "paired": True, "metrics": list(metrics)}}
    return ExperimentSettings.model_validate(given)


def act(
    registry: Registry, settings: ExperimentSettings, action: str, step: int = 0, variant: str = "new", **more: Any
) -> dict[str, Any]:
    actions = Actions(settings, lambda: registry, "job j", lambda: NOW)
    record = {"action": action, "step": step, "variant": variant, "reasons": ["because", "of this"]}
    return actions.act({**record, "is_paired": False, **more})


def act_on_pairs(registry: Registry, settings: ExperimentSettings, action: str, variant: str = "new") -> dict[str, Any]:
    return act(registry, settings, action, variant=variant, is_paired=True, rules={"metrics": {"log_loss": {}}})


@pytest.mark.parametrize("action", ["continue", "hold"])
def test_other_verdicts_do_nothing(registry: Registry, action: str) -> None:
    assert act(registry, experiment(), action) == {}
    assert len(registry.deployments("m").history()) == 1


def test_ramp_takes_one_step_after_the_other_and_then_none(registry: Registry) -> None:
    settings = experiment(ramp={"steps": [5, 20, 50]}, weights=(100, 0))
    done = [act(registry, settings, "advance", step) for step in range(3)]
    assert [each.get("weights") for each in done] == [{"control": 80, "new": 20}, {"control": 50, "new": 50}, None]
    latest = registry.deployments("m").latest()
    assert latest is not None
    assert (latest.action, latest.by, latest.why, latest.primary) == ("advance", "job j", "because; of this", "1.0.0")
    state = latest.experiments["test"]
    assert (state.step, state.state, state.since) == (2, "running", NOW)


def test_promotion_gives_all_units_to_the_variant_and_its_version_serves(registry: Registry) -> None:
    done = act(registry, experiment(), "promote")
    latest = registry.deployments("m").latest()
    assert latest is not None
    assert done == {"generation": 2, "weights": {"control": 0, "new": 100}, "state": "promoted"}
    assert (latest.action, latest.primary, latest.previous) == ("promote", "2.0.0", "1.0.0")


def test_rollback_gives_its_units_to_the_control(registry: Registry) -> None:
    done = act(registry, experiment(), "rollback")
    latest = registry.deployments("m").latest()
    assert latest is not None
    assert done == {"generation": 2, "weights": {"control": 100, "new": 0}, "state": "rolled_back"}
    assert (latest.action, latest.primary) == ("end", "1.0.0")


def test_rollback_of_one_of_two_treatments_leaves_the_other_running(registry: Registry) -> None:
    third = {"name": "third", "model_name": "m", "model_version": "3.0.0"}
    settings = experiment(third, weights=(60, 20, 20))
    assert act(registry, settings, "rollback")["weights"] == {"control": 80, "new": 0, "third": 20}
    assert act(registry, settings, "rollback", 1, "third")["state"] == "rolled_back"


def test_verdict_on_rows_of_an_earlier_step_waits(registry: Registry) -> None:
    settings = experiment(ramp={"steps": [5, 20, 50]}, weights=(100, 0))
    act(registry, settings, "advance")
    assert act(registry, settings, "rollback", 0) == {"waits_for": "rows of the present step"}
    assert len(registry.deployments("m").history()) == 2


def test_look_that_is_repeated_after_a_failure_acts_once(registry: Registry) -> None:
    act(registry, experiment(), "promote")
    assert act(registry, experiment(), "promote") == {"ended": "promoted"}
    assert act(registry, experiment(), "rollback", 1) == {"ended": "promoted"}
    assert len(registry.deployments("m").history()) == 2


def test_winner_of_another_model_is_promoted_there(registry: Registry) -> None:
    other = {"name": "foreign", "model_name": "other", "model_version": "1.0.0"}
    settings = experiment(other, weights=(60, 20, 20))
    assert act(registry, settings, "promote", variant="foreign")["state"] == "promoted"
    mine, theirs = (registry.deployments(name).latest() for name in ("m", "other"))
    assert mine is not None
    assert theirs is not None
    assert (mine.primary, theirs.primary, theirs.why) == ("1.0.0", "1.0.0", "because; of this")


def test_model_that_was_never_promoted_gets_the_control_as_its_first_primary(tmp_path: Path) -> None:
    fresh, path = local_registry(tmp_path / "fresh"), write_linear(tmp_path)
    for version in ("1.0.0", "2.0.0"):
        fresh.publish(spec_from_file(path, "m", version), path)
    assert act(fresh, experiment(), "rollback")["generation"] == 1
    latest = fresh.deployments("m").latest()
    assert latest is not None
    assert (latest.primary, latest.experiments["test"].state) == ("1.0.0", "rolled_back")


def test_version_that_may_not_serve_is_not_promoted_and_the_record_says_so(registry: Registry) -> None:
    registry.record("m", "2.0.0", "retired", reason="old")
    done = act(registry, experiment(), "promote")
    assert done == {"failed": "model m@2.0.0 cannot be promoted: it is retired; promote another version"}
    assert len(registry.deployments("m").history()) == 1


def test_registry_that_does_not_answer_costs_no_record() -> None:
    def fails() -> Registry:
        subject = "model registry s3://x"
        raise ModelError(subject, "cannot be read", "check the network")

    actions = Actions(experiment(), fails, "job j", lambda: NOW)
    done = actions.act({"action": "promote", "step": 0, "variant": "new", "reasons": ["because"], "is_paired": False})
    assert done == {"failed": "model registry s3://x cannot be read; check the network"}


def test_variant_that_was_rolled_back_is_not_rolled_back_again_and_gets_nothing_of_a_ramp(registry: Registry) -> None:
    third = {"name": "third", "model_name": "m", "model_version": "3.0.0", "weight": 50}
    settings = experiment(third, ramp={"variant": "new", "steps": [1, 5]}, weights=(50, 0, 50))
    assert act(registry, settings, "rollback", variant="third")["weights"] == {"control": 99, "new": 1, "third": 0}
    assert act(registry, settings, "rollback", 1, "third") == {}
    assert act(registry, settings, "advance", 1)["weights"] == {"control": 95, "new": 5, "third": 0}


def test_ramp_goes_on_from_weights_that_were_set_by_hand(registry: Registry) -> None:
    settings = experiment(ramp={"steps": [5, 20, 50]}, weights=(100, 0))
    state = ExperimentState(weights={"control": 70, "new": 30}, step=1, since=NOW)
    registry.deployments("m").set_experiment("test", state, action="advance", why="by hand")
    assert act(registry, settings, "advance", 1)["weights"] == {"control": 50, "new": 50}


def bandit(*more: dict[str, Any]) -> ExperimentSettings:
    names = [{"name": name, "model_name": "m", "model_version": f"{place}.0.0"} for place, name in enumerate("abc", 1)]
    verdict = {"metrics": [{"of": "errors"}], "auto": True}
    rules = {"goal": "errors"}
    given = {"name": "test", "strategy": "bandit", "bandit": rules, "verdict": verdict, "variants": [*names, *more]}
    return ExperimentSettings.model_validate(given)


def reweigh(registry: Registry, step: int = 0, variant: str = "b", **weights: float) -> dict[str, Any]:
    told = {"a": 20.5, "b": 60.25, "c": 19.25} | weights
    actions = Actions(bandit(), lambda: registry, "job j", lambda: NOW)
    record = {"action": "reweigh", "step": step, "variant": variant, "reasons": ["b is best"], "is_paired": False}
    return actions.act({**record, "bandit": {"weights": told}})


def test_records_of_one_look_at_a_bandit_change_its_weights_once(registry: Registry) -> None:
    done = [reweigh(registry, variant=variant) for variant in ("b", "c")]
    assert done[0] == {"generation": 2, "weights": {"a": 20.5, "b": 60.25, "c": 19.25}, "state": "running"}
    assert done[1] == done[0]
    latest = registry.deployments("m").latest()
    assert latest is not None
    assert (latest.generation, latest.action, latest.why, latest.by) == (2, "advance", "b is best", "job j")
    assert (latest.experiments["test"].step, latest.primary) == (1, "1.0.0")


def test_weights_of_rows_of_an_earlier_round_wait(registry: Registry) -> None:
    reweigh(registry)
    assert reweigh(registry, a=30.0, c=9.75) == {"waits_for": "rows of the present step"}
    assert reweigh(registry, 1, a=30.0, c=9.75)["generation"] == 3


def test_bandit_that_was_ended_by_hand_stays_ended(registry: Registry) -> None:
    state = ExperimentState(weights={"a": 0, "b": 100, "c": 0}, step=1, state="promoted", since=NOW)
    registry.deployments("m").set_experiment("test", state, action="end", why="by hand")
    assert reweigh(registry) == {"ended": "promoted"}


def test_harmful_variant_of_a_bandit_loses_its_weight_to_the_control(registry: Registry) -> None:
    done = act(registry, bandit(), "rollback", variant="b")
    assert done["weights"] == pytest.approx({"a": 200 / 3, "b": 0, "c": 100 / 3})
    assert done["state"] == "running"


LOSS = {"of": "log_loss"}
ERRORS = {"of": "errors", "role": "guardrail", "margin": 0.01}


@pytest.mark.parametrize("weights", [(80, 20), (100, 0)], ids=["with units", "shadow alone"])
def test_pairs_promote_where_their_loss_is_all_that_is_asked(registry: Registry, weights: tuple[float, ...]) -> None:
    done = act_on_pairs(registry, experiment(weights=weights, metrics=(LOSS,)), "promote")
    assert done == {"generation": 2, "weights": {"control": 0, "new": 100}, "state": "promoted"}
    latest = registry.deployments("m").latest()
    assert latest is not None
    assert (latest.action, latest.primary, latest.why) == ("promote", "2.0.0", "because; of this")


def test_pairs_promote_whatever_step_the_weights_are_at_and_once(registry: Registry) -> None:
    settings = experiment(metrics=(LOSS,))
    state = ExperimentState(weights={"control": 70, "new": 30}, step=1, since=NOW)
    registry.deployments("m").set_experiment("test", state, action="advance", why="by hand")
    assert act_on_pairs(registry, settings, "promote")["generation"] == 3
    assert act_on_pairs(registry, settings, "promote") == {"ended": "promoted"}


def test_pairs_wait_for_what_only_the_split_tells(registry: Registry) -> None:
    settings = experiment(metrics=(LOSS, ERRORS, {"of": "latency", "role": "signal"}))
    assert act_on_pairs(registry, settings, "promote") == {"waits_for": "errors, latency of the split"}
    ramp = experiment(ramp={"steps": [5, 50]}, weights=(100, 0), metrics=(LOSS,))
    assert act_on_pairs(registry, ramp, "promote") == {"waits_for": "the split, whose ramp takes its steps"}
    assert len(registry.deployments("m").history()) == 1


def test_both_ways_to_judge_an_experiment_act_where_it_is_to(registry: Registry, tmp_path: Path) -> None:
    both = experiment(metrics=(LOSS,))
    assert both.verdict is not None
    others = {"silent": {"auto": False}, "unpaired": {"paired": False}}
    settings = [both] + [
        both.model_copy(update={"name": name, "verdict": both.verdict.model_copy(update=changed)})
        for name, changed in others.items()
    ]
    ml = MlSettings.model_validate({"model_registry": {"type": "local", "base_path": str(tmp_path / "registry")}})
    found = actions_of(ml, settings, "j")
    assert list(found) == ["test", "test\0new", "unpaired"]
    record = {"action": "promote", "step": 0, "variant": "new", "reasons": ["r"], "is_paired": True}
    assert found["test\0new"]({**record, "rules": {"metrics": {"log_loss": {}}}})["state"] == "promoted"
    latest = registry.deployments("m").latest()
    assert latest is not None
    assert (latest.by, latest.primary) == ("job j", "2.0.0")


def test_harm_that_pairs_show_rolls_back_at_any_step(registry: Registry) -> None:
    settings = experiment(ramp={"steps": [5, 50, 100]}, weights=(100, 0), metrics=(LOSS, ERRORS))
    act(registry, settings, "advance")
    done = act_on_pairs(registry, settings, "rollback")
    assert done == {"generation": 3, "weights": {"control": 100, "new": 0}, "state": "rolled_back"}


def test_shadow_without_units_has_none_to_give_back(registry: Registry) -> None:
    assert act_on_pairs(registry, experiment(weights=(100, 0), metrics=(LOSS,)), "rollback") == {}


def test_bandit_is_left_to_its_weights(registry: Registry) -> None:
    done = act_on_pairs(registry, bandit(), "rollback", "b")
    assert done == {"waits_for": "the bandit, whose weights alone decide"}
