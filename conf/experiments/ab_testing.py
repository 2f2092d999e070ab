"""Experiments that split traffic between model versions (`ml.ab_testing`)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.experiments.bandit import BanditSettings, bandit_refusals
from conf.experiments.ramp import RampSettings, ramp_refusals
from conf.experiments.verdict import VerdictSettings
from conf.types.base import FrozenSettings
from conf.types.refusal import Refusal, repeated_names, validation_error
from conf.types.scalars import Flag, Name, Real, Segment, Title, VersionOrPrimary

SplitStrategy = Literal["random", "hash", "percentage", "user_id", "bandit"]
ALL = Fraction(100)


class VariantSettings(FrozenSettings):
    """One arm of an experiment.

    Attributes:
        name: unique in the experiment.
        model_name: model that answers for this arm.
        model_version: version of the model; default empty = the deployed primary.
        weight: percentage of the experiment's units, 0 to 100; default 0. A ramp decides the weight of the variant that
            it grows.
        enabled: give this arm traffic; default true. The units of an arm that is switched off get the default variant,
            and count for no arm.
    """

    name: Title
    model_name: Segment
    model_version: VersionOrPrimary = ""
    weight: Real = Field(default=0, ge=0, le=100)
    enabled: Flag = True

    @property
    def share(self) -> Fraction:
        """The weight as it is written, without the rounding of a float."""
        return Fraction(str(self.weight))


class ExperimentSettings(FrozenSettings):
    """One experiment.

    Attributes:
        name: unique among the experiments; another name assigns units again.
        strategy: what the arms are drawn for: ``hash`` each value of ``split_key``, ``user_id`` each user, ``random``
            each event, ``percentage`` each value of ``split_key``, or each event without one; ``bandit`` the same,
            with weights that follow the values of the variants.
        split_key: event field of type long or string; ``hash`` requires it, ``user_id`` takes ``user_id`` without it.
        default_variant: arm that answers where no arm can be drawn; default: the first enabled one.
        enable_shadow_mode: every arm predicts, and only the drawn arm answers; default false.
        collect_comparison: write how each shadow prediction differs from the answer; default true.
        enabled: run this experiment; default true.
        layer: experiments of one layer never share a unit, those of other models too; default none = a layer of its
            own.
        traffic: percentage of the layer's units that take part, over 0 to 100; default 100.
        verdict: metrics that judge the variants; default none = they are not judged.
        ramp: steps in which a variant grows; default none = the weights stay.
        bandit: rules by which the weights change; ``strategy: bandit`` requires it.
        variants: the arms; without a ramp the weights of the enabled ones, or of all, sum to 100.
    """

    name: Title
    strategy: SplitStrategy
    split_key: Name | None = None
    default_variant: Name | None = None
    enable_shadow_mode: Flag = False
    collect_comparison: Flag = True
    enabled: Flag = True
    layer: Title | None = None
    traffic: Real = Field(default=100, gt=0, le=100)
    verdict: VerdictSettings | None = None
    ramp: RampSettings | None = None
    bandit: BanditSettings | None = None
    variants: tuple[VariantSettings, ...]

    @property
    def unit(self) -> str | None:
        """The event field whose values are assigned; None: each event is."""
        return self.split_key or ("user_id" if self.strategy == "user_id" else None)

    @property
    def default(self) -> VariantSettings:
        """The arm that answers where none can be drawn."""
        enabled = (variant for variant in self.variants if variant.enabled)
        return next(each for each in enabled if self.default_variant in (None, each.name))

    @property
    def ramped(self) -> VariantSettings | None:
        """The arm that the ramp grows; None: there is no ramp."""
        if self.ramp is None:
            return None
        others = (variant for variant in self.variants if variant != self.default)
        return next(each for each in others if self.ramp.variant in (None, each.name))

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refusals = [
            *repeated_names([variant.name for variant in self.variants], within="variants"),
            *self._of_weights(),
            *self._of_split_key(),
            *self._of_default(),
            *self._of_verdict(),
            *self._of_bandit(),
        ]
        if refusals:
            raise validation_error(*refusals)
        return self

    def _of_weights(self) -> Iterator[Refusal]:
        names = [each.name for each in self.variants if each.enabled and self.default_variant in (None, each.name)]
        if self.ramp is not None and names:
            yield from ramp_refusals(self.ramp, self.variants, names[0])
            return
        if self.bandit is not None:
            yield from bandit_refusals(self.bandit, self.variants, self.verdict)
            return
        if self.strategy == "bandit":
            return  # the refusal that names the bandit is enough
        on = sum((each.share for each in self.variants if each.enabled), Fraction(0))
        listed = sum((each.share for each in self.variants), Fraction(0))
        if on <= 0:
            yield Refusal("an enabled variant with a weight over 0", ("variants",))
        elif ALL not in (on, listed):
            hint = f"enabled weights sum to {float(on):.12g}"
            yield Refusal("variants whose weights sum to 100", ("variants",), hint)

    def _of_split_key(self) -> Iterator[Refusal]:
        if self.split_key is None and self.strategy == "hash":
            yield Refusal("an event field, which strategy hash needs", ("split_key",))
        if self.split_key is not None and self.strategy == "random":
            hint = "strategy hash splits by a field"
            yield Refusal("no split_key with strategy random, which draws for each event", ("split_key",), hint)

    def _of_verdict(self) -> Iterator[Refusal]:
        if self.verdict is not None and self.verdict.paired and not self.enable_shadow_mode:
            yield Refusal("false without enable_shadow_mode, as only one model scores a row", ("verdict", "paired"))
        if self.verdict is not None and self.verdict.max_units is not None:
            changing = "ramp" if self.ramp is not None else "bandit" if self.bandit is not None else None
            if changing is not None:
                expected = f"nothing beside a {changing}, as tests with an end have weights that stay"
                yield Refusal(expected, ("verdict", "max_units"))

    def _of_bandit(self) -> Iterator[Refusal]:
        if self.strategy == "bandit" and self.bandit is None:
            yield Refusal("the goal of the bandit, which strategy bandit needs", ("bandit",))
        if self.bandit is not None and self.strategy != "bandit":
            yield Refusal(f"no bandit with strategy {self.strategy}", ("bandit",), "set strategy: bandit")
        if self.bandit is not None and self.ramp is not None:
            yield Refusal("no ramp beside a bandit, which decides all weights", ("ramp",))

    def _of_default(self) -> Iterator[Refusal]:
        names = tuple(variant.name for variant in self.variants if variant.enabled)
        if self.default_variant is not None and self.default_variant not in names:
            yield Refusal("the name of an enabled variant", ("default_variant",), candidates=names)


class AbTestingSettings(FrozenSettings):
    """Experiments, off by default.

    Attributes:
        enabled: split traffic; default false.
        experiments: each with a name of its own; default none.
    """

    enabled: Flag = False
    experiments: tuple[ExperimentSettings, ...] = ()

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        refusals = [
            *repeated_names([experiment.name for experiment in self.experiments], within="experiments"),
            *self._of_layers(),
        ]
        if refusals:
            raise validation_error(*refusals)
        return self

    def _of_layers(self) -> Iterator[Refusal]:
        taken: dict[str, Fraction] = {}
        units: dict[str, str | None] = {}
        for index, each in enumerate(self.experiments):
            if not each.enabled or each.layer is None:
                continue
            taken[each.layer] = taken.get(each.layer, Fraction(0)) + Fraction(str(each.traffic))
            if taken[each.layer] > ALL:
                expected = f"at most what the layer has left, as its traffic sums to {float(taken[each.layer]):.12g}"
                yield Refusal(expected, ("experiments", index, "traffic"))
            if units.setdefault(each.layer, each.unit) != each.unit:
                expected = "the split_key of the layer's other experiments"
                yield Refusal(expected, ("experiments", index, "split_key"))
