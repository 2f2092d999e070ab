"""Settings of bandits that are refused, each with its whole line, and those that are taken."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from conf.experiments.weights_at import weights_at
from conf.settings import Settings

Refusals = Callable[..., list[str]]
GOAL = "{of: errors, name: clicks, better: higher}"
OTHERS = "{of: log_loss, role: signal}"
OLD, NEW = "{name: old, model_name: m}", "{name: new, model_name: m}"


def ml(
    bandit: str = "bandit: {goal: clicks}",
    *variants: str,
    metrics: str = f"{GOAL}, {OTHERS}",
    strategy: str = "bandit",
    more: str = "",
) -> str:
    listed = ", ".join(variants or (OLD, NEW))
    verdict = f"verdict: {{metrics: [{metrics}]}}, " if metrics else ""
    tested = f"name: e, strategy: {strategy}, {bandit}{', ' if bandit else ''}{verdict}{more}variants: [{listed}]"
    return f"ml: {{ab_testing: {{enabled: true, experiments: [{{{tested}}}]}}}}"


def weighing(variant: str, weight: float) -> str:
    return variant.replace("m}", f"m, weight: {weight}}}")


OFF = "model_name: m, enabled: false}"
SHADOW = "leave out all weights to start evenly; a bandit has no variant that is a shadow alone"
MOVES = "a unit's sum grows with the time that it is in an arm, and a bandit moves units"

REFUSED = [
    (ml(""), "bandit: expected the goal of the bandit, which strategy bandit needs, got nothing"),
    (ml("bandit: {}"), "bandit.goal: expected a value, which is required, got nothing"),
    (
        ml(strategy="random", more="", bandit="bandit: {goal: clicks}"),
        "bandit: expected no bandit with strategy random, got a mapping; set strategy: bandit",
    ),
    (
        ml("bandit: {goal: clicks}, ramp: {}", weighing(OLD, 100), NEW),
        "ramp: expected no ramp beside a bandit, which decides all weights, got a mapping",
    ),
    (ml(metrics=""), "verdict: expected metrics, by which a bandit chooses, got nothing"),
    (
        ml("bandit: {goal: click}"),
        "bandit.goal: expected the name of a metric of the verdict with role goal, got 'click'; nearest valid name "
        "'clicks'",
    ),
    (
        ml("bandit: {goal: log_loss}"),
        "bandit.goal: expected the name of a metric of the verdict with role goal, got 'log_loss'",
    ),
    (
        ml(metrics=f"{GOAL}, {{of: auc, role: signal}}"),
        "verdict.metrics.1.of: expected a mean, as rows of rounds with other weights share no area, got 'auc'",
    ),
    (
        ml(metrics="{of: errors, name: clicks, per: unit}"),
        f"verdict.metrics.0.per: expected event, which strategy bandit needs, got 'unit'; {MOVES}",
    ),
    (ml("bandit: {goal: clicks}", OLD), "variants: expected two or more enabled variants, between which the bandit "
     "chooses, got a list of 1"),
    (ml("bandit: {goal: clicks}", OLD, NEW.replace("model_name: m}", OFF)), "variants: expected two or more enabled "
     "variants, between which the bandit chooses, got a list of 2"),
    (
        ml("bandit: {goal: clicks, floor: 0.4}", OLD, NEW, "{name: third, model_name: m}"),
        "bandit.floor: expected at most 0.3333, as 3 variants have it, got 0.4",
    ),
    (ml("bandit: {goal: clicks, floor: 0}"), "bandit.floor: expected a value > 0.0, got 0"),
    (ml("bandit: {goal: clicks, floor: 0.51}"), "bandit.floor: expected a value <= 0.5, got 0.51"),
    (ml("bandit: {goal: clicks, min_units: 1}"), "bandit.min_units: expected a value >= 2, got 1"),
    (
        ml("bandit: {goal: clicks}", weighing(OLD, 100), NEW),
        f"variants.1.weight: expected 5 or more, the floor of the bandit, got nothing; {SHADOW}",
    ),
    (
        ml("bandit: {goal: clicks}", weighing(OLD, 96), weighing(NEW, 4)),
        f"variants.1.weight: expected 5 or more, the floor of the bandit, got 4; {SHADOW}",
    ),
    (
        ml("bandit: {goal: clicks}", weighing(OLD, 50), weighing(NEW, 40)),
        "variants: expected variants whose weights sum to 100, got a list of 2; enabled weights sum to 90",
    ),
    (
        ml(
            "bandit: {goal: clicks}",
            weighing(OLD, 50),
            weighing(NEW, 50),
            "{name: third, model_name: m, weight: 1, enabled: false}",
        ),
        "variants.2.weight: expected 0, as the variant is switched off, got 1; a bandit shares all units among the "
        "others",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_bandit_is_refused(text: str, line: str, refusals: Refusals) -> None:
    assert refusals(text) == [f"c.yaml: ml.ab_testing.experiments.0.{line}"]


def test_acting_bandit_of_a_model_that_is_a_file_is_refused(refusals: Refusals) -> None:
    files = "models: [{name: m, version: v1, type: onnx, path: m.onnx}], "
    text = ml().replace("ml: {", f"ml: {{{files}").replace("metrics: [", "auto: true, metrics: [")
    (line,) = refusals(text)
    assert line.startswith(
        "c.yaml: ml.ab_testing.experiments.0.verdict.auto and ml.models.0.path: expected false, as the default "
        "variant's model is a file, and only a registry holds changing weights"
    )


@pytest.mark.parametrize(
    ("variants", "weights"),
    [
        ((OLD, NEW, "{name: third, model_name: m}"), dict.fromkeys(("old", "new", "third"), Fraction(100, 3))),
        ((OLD, "{name: off, " + OFF, NEW), {"old": 50, "off": 0, "new": 50}),
        ((weighing(OLD, 95), weighing(NEW, 5)), {"old": 95, "new": 5}),
    ],
    ids=["three", "one is off", "given"],
)
def test_bandit_starts_evenly_or_with_the_weights_that_are_given(
    variants: tuple[str, ...], weights: dict[str, int], load: Callable[..., Settings]
) -> None:
    (tested,) = load(ml("bandit: {goal: clicks}", *variants)).ml.ab_testing.experiments
    assert weights_at(tested) == weights
    assert tested.unit is None


def test_bandit_may_split_by_a_key(load: Callable[..., Settings]) -> None:
    (tested,) = load(ml(more="split_key: USER, ")).ml.ab_testing.experiments
    assert tested.unit == "USER"
