"""Experiments that a job takes as they are, and that can hardly be meant so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from conf.experiments.ab_testing import ExperimentSettings, VariantSettings
from models.version import Version


def experiment_doubts(experiment: ExperimentSettings) -> Iterator[str]:
    """Yield a line for each doubt about an experiment.

    A test of two variants that are one model is of use to see that nothing but chance differs, and so it is no error.
    """
    enabled = [each for each in experiment.variants if each.enabled]
    for first, second in combinations(enabled, 2):
        if _model_of(first) == _model_of(second):
            ref = "@".join(filter(None, _model_of(first)))
            both = f"variants {first.name!r} and {second.name!r} are one model, {ref}"
            yield f"experiment {experiment.name!r}: {both}, so nothing but chance can differ between them"
    if experiment.verdict is not None and len(enabled) == 1:
        yield f"experiment {experiment.name!r}: only variant {enabled[0].name!r} is on, so its verdict compares nothing"
    yield from _of_silent_shadows(experiment)
    if experiment.ramp is not None and experiment.verdict is None:
        yield (
            f"experiment {experiment.name!r}: it has a ramp and no verdict, so nobody advances it; add a verdict with "
            "auto: true, or change its weights with `gress experiments set`"
        )


def _of_silent_shadows(experiment: ExperimentSettings) -> Iterator[str]:
    """Yield a line for each variant that `auto` is to act on, and that no verdict can promote."""
    verdict = experiment.verdict
    if verdict is None or not verdict.auto or experiment.bandit is not None:
        return
    # The split judges variants with units, and pairs the log loss of all.
    others = [each.title for each in verdict.metrics if each.of != "log_loss" or not verdict.paired]
    for each in experiment.variants:
        if others and each.enabled and not each.share and each not in (experiment.default, experiment.ramped):
            yield (
                f"experiment {experiment.name!r}: variant {each.name!r} has no weight, so no units tell its "
                f"{', '.join(others)}, and auto: true never promotes it"
            )


def _model_of(variant: VariantSettings) -> tuple[str, str]:
    version = variant.model_version
    return variant.model_name, str(Version.parse(version)) if version else ""
