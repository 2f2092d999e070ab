"""Experiments that split traffic between model versions (`ml.ab_testing`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.refusal import Refusal, repeated_names, validation_error
from conf.types.scalars import Flag, Name, Real, Segment, VersionOrPrimary

SplitStrategy = Literal["random", "hash", "percentage", "user_id"]


class VariantSettings(FrozenSettings):
    """One arm of an experiment.

    Attributes:
        name: unique in the experiment.
        model_name: model that answers for this arm.
        model_version: version of the model; default empty = the deployed primary.
        weight: share of the traffic, >= 0, relative to the sum of the enabled arms.
        enabled: give this arm traffic; default true.
    """

    name: Name
    model_name: Segment
    model_version: VersionOrPrimary = ""
    weight: Real = Field(ge=0)
    enabled: Flag = True


class ExperimentSettings(FrozenSettings):
    """One experiment.

    Attributes:
        name: unique among the experiments.
        strategy: rule that assigns an event to an arm.
        split_key: event field that is hashed; required for ``hash`` and ``user_id``.
        default_variant: arm that answers when no arm can be chosen; default: the first enabled one.
        enable_shadow_mode: every arm predicts, and only the chosen arm answers; default false.
        collect_comparison: count how often shadow arms agree with the answer; default true.
        enabled: run this experiment; default true.
        variants: the arms, at least one enabled with a weight over 0.
    """

    name: Name
    strategy: SplitStrategy
    split_key: Name | None = None
    default_variant: Name | None = None
    enable_shadow_mode: Flag = False
    collect_comparison: Flag = True
    enabled: Flag = True
    variants: tuple[VariantSettings, ...]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refusals = repeated_names([variant.name for variant in self.variants], within="variants")
        if sum(variant.weight for variant in self.variants if variant.enabled) <= 0:
            refusals.append(Refusal("enabled variants whose weights sum to more than 0", ("variants",)))
        if self.split_key is None and self.strategy in ("hash", "user_id"):
            refusals.append(Refusal("an event field, which strategies hash and user_id need", ("split_key",)))
        names = tuple(variant.name for variant in self.variants if variant.enabled)
        if self.default_variant is not None and self.default_variant not in names:
            expected = "the name of an enabled variant"
            refusals.append(Refusal(expected, ("default_variant",), candidates=names))
        if refusals:
            raise validation_error(*refusals)
        return self


class AbTestingSettings(FrozenSettings):
    """Experiments, off by default.

    Attributes:
        enabled: split traffic; default false. Jobs of this version refuse true.
        experiments: each with a name of its own; default none.
    """

    enabled: Flag = False
    experiments: tuple[ExperimentSettings, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        refusals = repeated_names([experiment.name for experiment in self.experiments], within="experiments")
        if refusals:
            raise validation_error(*refusals)
        return self
