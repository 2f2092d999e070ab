from __future__ import annotations

from typing import Any

import pytest

from conf.settings import ExperimentSettings
from models.experiments.doubts import experiment_doubts

VERDICT = {"metrics": [{"of": "errors", "role": "guardrail", "margin": 0.01}]}


def experiment(*variants: tuple[str, str, str, float], off: str = "", **given: Any) -> ExperimentSettings:
    """Return an experiment of variants: name, model, version and weight."""
    listed = [
        {"name": name, "model_name": model, "model_version": version, "weight": weight, "enabled": name != off}
        for name, model, version, weight in variants
    ]
    settings = {"name": "test", "strategy": "hash", "split_key": "card", "variants": listed, **given}
    return ExperimentSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("model", "version", "ref"),
    [("fraud", "v1.0", "fraud@1.0.0"), ("fraud", "1.1.0", None), ("other", "1.0.0", None)],
    ids=["one model", "another version", "another model"],
)
def test_variants_that_are_one_model_are_named(model: str, version: str, ref: str | None) -> None:
    found = list(experiment_doubts(experiment(("a", "fraud", "1.0.0", 50), ("b", model, version, 50))))
    expected = f"experiment 'test': variants 'a' and 'b' are one model, {ref}, so nothing but chance can differ"
    assert [line.startswith(expected) for line in found] == ([] if ref is None else [True])


def test_variant_that_is_switched_off_is_not_compared() -> None:
    variants = [("a", "fraud", "1.0.0", 100.0), ("b", "fraud", "2.0.0", 0.0), ("c", "fraud", "1.0.0", 0.0)]
    assert list(experiment_doubts(experiment(*variants, off="c"))) == []


@pytest.mark.parametrize(("given", "lines"), [({}, 1), ({"verdict": VERDICT}, 0)], ids=["no verdict", "verdict"])
def test_ramp_that_nobody_advances_is_told(given: dict[str, Any], lines: int) -> None:
    variants = [("a", "fraud", "1.0.0", 100.0), ("b", "fraud", "2.0.0", 0.0)]
    found = list(experiment_doubts(experiment(*variants, ramp={"steps": [1, 100]}, **given)))
    assert len(found) == lines
    assert all("it has a ramp and no verdict, so nobody advances it; add a verdict with auto: true" in x for x in found)


LOSS, ERRORS = {"of": "log_loss"}, VERDICT["metrics"][0]


@pytest.mark.parametrize(
    ("metrics", "given", "unknown"),
    [
        ([LOSS], {"paired": True}, None),
        ([LOSS, ERRORS], {"paired": True}, "errors"),
        ([LOSS, ERRORS], {}, "log_loss, errors"),
        ([LOSS, ERRORS], {"paired": True, "auto": False}, None),
    ],
    ids=["pairs tell all", "pairs tell a part", "nothing is told", "nobody acts"],
)
def test_shadow_that_nothing_can_promote_is_told(
    metrics: list[Any], given: dict[str, Any], unknown: str | None
) -> None:
    variants = [("a", "fraud", "1.0.0", 100.0), ("b", "fraud", "2.0.0", 0.0)]
    verdict = {"metrics": metrics, "auto": True, **given}
    tested = experiment(*variants, enable_shadow_mode=True, verdict=verdict)
    expected = f"variant 'b' has no weight, so no units tell its {unknown}, and auto: true never promotes it"
    assert list(experiment_doubts(tested)) == ([] if unknown is None else [f"experiment 'test': {expected}"])


def test_verdict_on_one_variant_is_told() -> None:
    variants = [("a", "fraud", "1.0.0", 100.0), ("b", "fraud", "2.0.0", 0.0)]
    told = "experiment 'test': only variant 'a' is on, so its verdict compares nothing"
    assert list(experiment_doubts(experiment(*variants, off="b", verdict=VERDICT))) == [told]
    assert list(experiment_doubts(experiment(*variants, off="b"))) == []


def test_variant_that_grows_has_units() -> None:
    variants = [("a", "fraud", "1.0.0", 100.0), ("b", "fraud", "2.0.0", 0.0)]
    verdict = {"metrics": [ERRORS], "auto": True}
    assert list(experiment_doubts(experiment(*variants, ramp={"steps": [1, 100]}, verdict=verdict))) == []
