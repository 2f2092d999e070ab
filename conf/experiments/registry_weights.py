"""Agreement of `ml.ab_testing` with the registry: which experiments take their weights from deployments."""

from __future__ import annotations

from collections.abc import Iterator

from conf.experiments.ab_testing import ExperimentSettings, VariantSettings
from conf.ml import MlSettings
from conf.model_choice import entry_of, files_of
from conf.types.refusal import Refusal


def is_in_registry(ml: MlSettings, variant: VariantSettings) -> bool:
    """Return whether a variant's model comes from the registry, and not from a file of `ml.models`."""
    if variant.model_version:
        entry = entry_of(ml, variant.model_name, variant.model_version)
        return entry is None or entry.path is None
    return not files_of(ml, variant.model_name)


def has_registry_weights(ml: MlSettings, experiment: ExperimentSettings) -> bool:
    """Return whether the deployments of the default variant's model hold an experiment's weights.

    An experiment of a bare file keeps the weights of its settings.
    """
    return is_in_registry(ml, experiment.default)


def ramp_contradictions(ml: MlSettings) -> Iterator[Refusal]:
    """Yield a refusal for each experiment whose weights are to change, and whose weights no registry holds."""
    if not ml.ab_testing.enabled:
        return
    for index, each in enumerate(ml.ab_testing.experiments):
        if not each.enabled or has_registry_weights(ml, each):
            continue
        files = files_of(ml, each.default.model_name)
        paths = tuple(("ml", "models", place, "path") for place, one in enumerate(ml.models) if one in files)
        why = "as the default variant's model is a file, and only a registry holds changing weights"
        hint = "register the model, and leave out its path"
        at = ("ml", "ab_testing", "experiments", index)
        if each.ramp is not None:
            yield Refusal(f"no ramp, {why}", (*at, "ramp"), hint, against=paths)
        if each.verdict is not None and each.verdict.auto:
            yield Refusal(f"false, {why}", (*at, "verdict", "auto"), hint, against=paths)
