"""Which experiments a job takes part in, and the line that says that it cannot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conf.experiments.experiment_choice import experiments_of, shadow_experiments, unit_field
from conf.settings import Settings
from tests.support.experiments import experiment

Load = Callable[..., Settings]
Refusals = Callable[..., list[str]]


def one(name: str, text: str = "", *, model: str = "fraud-detector", by: str = "USER") -> str:
    """An experiment as YAML; the job's model is fraud-detector."""
    arms = f"variants: [{{name: a, model_name: {model}, weight: 100}}]"
    return f"{{name: {name}, strategy: hash, split_key: {by}, {text}{', ' if text else ''}{arms}}}"


def split(*experiments: str, enabled: str = "true") -> str:
    return f"ml: {{ab_testing: {{enabled: {enabled}, experiments: [{', '.join(experiments)}]}}}}\n"


def names(settings: Settings, model: str = "fraud-detector") -> list[str]:
    return [each.name for each in experiments_of(settings.ml, model)]


def test_job_takes_part_in_the_enabled_experiments_of_its_model(load: Load, job_yaml: str) -> None:
    layer = "layer: l, traffic: 30"
    text = split(
        one("second", layer),
        one("off", f"{layer}, enabled: false"),
        one("other", layer, model="churn"),
        one("first", layer),
    )
    settings = load(text + job_yaml)
    assert names(settings) == ["second", "first"]
    assert names(settings, "churn") == ["other"]
    assert names(settings, "unknown") == []


def test_one_variant_of_the_model_is_enough(load: Load, job_yaml: str) -> None:
    arms = "{name: a, model_name: churn, weight: 100}, {name: b, model_name: fraud-detector, weight: 0}"
    text = f"{{name: e, strategy: random, variants: [{arms}]}}"
    assert names(load(split(text) + job_yaml)) == ["e"]


def test_job_takes_part_in_none_where_experiments_are_off(load: Load, job_yaml: str) -> None:
    settings = load(split(one("e", by="NOPE"), enabled="false") + job_yaml)
    assert names(settings) == []
    assert shadow_experiments(settings.ml, "fraud-detector") == ()


def test_experiments_with_shadows_are_those_that_ask_for_them(load: Load, job_yaml: str) -> None:
    watched = one("watched", "enable_shadow_mode: true, layer: l, traffic: 50")
    settings = load(split(one("plain", "layer: l, traffic: 50"), watched) + job_yaml)
    assert [each.name for each in shadow_experiments(settings.ml, "fraud-detector")] == ["watched"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"strategy": "hash", "split_key": "USER"}, "USER"),
        ({"strategy": "percentage", "split_key": "NOTE"}, "NOTE"),
        ({"strategy": "percentage", "split_key": None}, "ID"),
        ({"strategy": "random", "split_key": None}, "ID"),
        ({"strategy": "user_id", "split_key": None}, "user_id"),
        ({"strategy": "user_id", "split_key": "USER"}, "USER"),
    ],
    ids=lambda given: given if isinstance(given, str) else f"{given['strategy']} {given['split_key']}",
)
def test_units_are_values_of_the_split_key_or_events(
    given: dict[str, Any], field: str, load: Load, job_yaml: str
) -> None:
    job = load(job_yaml).job
    assert job is not None
    assert unit_field(experiment({"a": 100}, **given), job.events) == field


FIRST = "c.yaml: ml.ab_testing.experiments."
TOGETHER = "; give all experiments of the job's model one layer, and shares of its traffic"
REFUSED = [
    (
        [one("e"), one("f")],
        [
            f"{FIRST}1.layer and ml.ab_testing.experiments.0.layer: expected the layer of experiment 'e', as one model "
            f"answers an event, got nothing and nothing{TOGETHER}"
        ],
    ),
    (
        [one("e", "layer: l"), one("f", "layer: k")],
        [
            f"{FIRST}1.layer and ml.ab_testing.experiments.0.layer: expected the layer of experiment 'e', as one model "
            f"answers an event, got 'k' and 'l'{TOGETHER}"
        ],
    ),
    (
        [one("e", "layer: l"), one("f")],
        [
            f"{FIRST}1.layer and ml.ab_testing.experiments.0.layer: expected the layer of experiment 'e', as one model "
            f"answers an event, got nothing and 'l'{TOGETHER}"
        ],
    ),
    (
        [one("other", model="churn"), one("e", "layer: l"), one("off", "enabled: false"), one("f", "layer: k")],
        [
            f"{FIRST}3.layer and ml.ab_testing.experiments.1.layer: expected the layer of experiment 'e', as one model "
            f"answers an event, got 'k' and 'l'{TOGETHER}"
        ],
    ),
    (
        [one("e", by="USR")],
        [f"{FIRST}0.split_key: expected the name of an event field, got 'USR'; nearest valid name 'USER'"],
    ),
    (
        [one("e", by="AMOUNT")],
        [f"{FIRST}0.split_key: expected an event field of type long or string, got 'AMOUNT'"],
    ),
    (
        [one("e", by="AT")],
        [f"{FIRST}0.split_key: expected an event field of type long or string, got 'AT'"],
    ),
    (
        [one("e", "layer: l, traffic: 50", by="SHARE"), one("f", "layer: l, traffic: 50", by="SHARE")],
        [
            f"{FIRST}0.split_key: expected an event field of type long or string, got 'SHARE'",
            f"{FIRST}1.split_key: expected an event field of type long or string, got 'SHARE'",
        ],
    ),
    (
        ["{name: e, strategy: user_id, variants: [{name: a, model_name: fraud-detector, weight: 100}]}"],
        [
            f"{FIRST}0.split_key: expected an event field, which strategy user_id needs, got nothing; name the field "
            "of users, as events have no 'user_id'"
        ],
    ),
]


@pytest.mark.parametrize(
    ("experiments", "lines"),
    REFUSED,
    ids=[
        "no layers",
        "two layers",
        "a layer and none",
        "beside others",
        "no field",
        "a decimal",
        "a time",
        "doubles",
        "no user_id",
    ],
)
def test_experiments_that_a_job_cannot_take_part_in_are_refused(
    experiments: list[str], lines: list[str], job_yaml: str, refusals: Refusals
) -> None:
    job = job_yaml.replace("      NOTE:", "      SHARE: {type: double}\n      NOTE:")
    assert refusals(split(*experiments) + job) == lines


def test_events_as_units_need_an_id_with_one_spelling(job_yaml: str, refusals: Refusals) -> None:
    job = job_yaml.replace("ID: {type: long}", "ID: {type: double}")
    text = "{name: e, strategy: random, variants: [{name: a, model_name: fraud-detector, weight: 100}]}"
    (line,) = refusals(split(text) + job)
    assert line.startswith(f"{FIRST}0.split_key: expected an event field of type long or string, got nothing")


def test_experiments_of_other_models_are_not_held_against_the_job(load: Load, job_yaml: str) -> None:
    settings = load(split(one("e", model="churn", by="NOPE"), one("f")) + job_yaml)
    assert names(settings) == ["f"]


def test_settings_without_a_job_may_have_any_split_key(load: Load) -> None:
    assert names(load(split(one("e", by="NOPE"), one("f")))) == ["e", "f"]
