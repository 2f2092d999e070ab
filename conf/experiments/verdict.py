"""Settings of an experiment's verdict (`verdict:`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.durations import PositiveDurationMs
from conf.types.refusal import Refusal, repeated_names, validation_error
from conf.types.scalars import Flag, Name, Real, Title, Whole

Quantity = Literal["label", "log_loss", "auc", "errors", "latency", "field"]
Side = Literal["higher", "lower"]

_BETTER: dict[str, Side] = {
    "label": "higher",
    "log_loss": "lower",
    "auc": "higher",
    "errors": "lower",
    "latency": "lower",
}
_OF_LABEL = ("label", "log_loss", "auc")


class MetricSettings(FrozenSettings):
    """One metric of an experiment.

    Attributes:
        name: unique in the experiment; default: its field or measure.
        of: ``label``, the outcome, as a conversion or a revenue; ``log_loss`` or ``auc`` of the predictions;
            ``errors``, the share of rows that the variant's model failed on; ``latency`` in seconds; or ``field``.
        field: event field of a number, for ``of: field``.
        per: ``event``, the mean over events (default), or ``unit``, the sum of a unit's events.
        role: ``goal`` has to get better, ``guardrail`` must not get worse by more than its margin, and ``signal``
            holds the experiment while it is worse; default goal.
        better: ``higher`` or ``lower``; default: lower for log_loss, errors and latency, else higher.
        margin: loss that is put up with, in the metric's unit; over 0 for a guardrail. Default 0.
    """

    of: Quantity
    name: Title | Literal[""] = ""
    field: Name | None = None
    per: Literal["event", "unit"] = "event"
    role: Literal["goal", "guardrail", "signal"] = "goal"
    better: Side | None = None
    margin: Real = Field(default=0.0, ge=0)

    @property
    def title(self) -> str:
        """The name, else the field or the measure that the metric is of."""
        return self.name or self.field or self.of

    @property
    def side(self) -> Side:
        """Whether more or less of it is good."""
        return self.better or _BETTER.get(self.of, "higher")

    @property
    def needs_label(self) -> bool:
        """Whether it is known only where the outcome is."""
        return self.of in _OF_LABEL

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refusals = list(self._refused())
        if refusals:
            raise validation_error(*refusals)
        return self

    def _refused(self) -> Iterator[Refusal]:
        if self.of == "field" and self.field is None:
            yield Refusal("an event field, which of: field needs", ("field",))
        if self.of != "field" and self.field is not None:
            yield Refusal("no field, which only of: field has", ("field",))
        if self.role == "guardrail" and not self.margin:
            hint = "no number of units shows that nothing at all is lost"
            yield Refusal("a number over 0, which a guardrail needs", ("margin",), hint)
        if self.title == "units":
            yield Refusal("a name other than units, which records have already", ("name",))
        if self.of == "auc" and self.per == "unit":
            yield Refusal("event, as an area has no sum", ("per",))


class VerdictSettings(FrozenSettings):
    """Metrics of an experiment, and rules of its verdict.

    Attributes:
        metrics: at least one, of which one is a goal or a guardrail.
        auto: act on the verdict: advance, promote or roll back in the registry's deployments, which running jobs
            follow; default false, so it only says so.
        paired: judge the log loss of shadows, too, by the rows that both models scored, which takes far fewer units. It
            is valid where the answer does not decide whether an outcome is known. Needs ``enable_shadow_mode`` and a
            metric of log_loss; default false.
        interval_ms: event time between two looks; YAML ``interval``, default 1h.
        alpha: chance that any statement on a metric is ever wrong, in (0, 0.5]; default 0.05.
        planned_units: units, or events of a metric per event, at which intervals are to be tightest; default 5000.
        max_units: units, or events of a metric per event, of both variants at which the test of a goal ends. Goals are
            then looked at 20 times on the way, by tighter bounds; pairs are not; default none = it never ends.
        sample_ratio_p: p at which the split is in doubt, and the experiment holds; default 0.001.
        max_silence_ms: time without an event of one arm after which the experiment holds; YAML ``max_silence``,
            default 1d.
    """

    metrics: tuple[MetricSettings, ...]
    auto: Flag = False
    paired: Flag = False
    interval_ms: PositiveDurationMs = Field(default=3_600_000, alias="interval")
    alpha: Real = Field(default=0.05, gt=0, le=0.5)
    planned_units: Whole = Field(default=5_000, ge=1)
    max_units: Annotated[Whole, Field(ge=100)] | None = None
    sample_ratio_p: Real = Field(default=0.001, gt=0, lt=1)
    max_silence_ms: PositiveDurationMs = Field(default=86_400_000, alias="max_silence")

    @model_validator(mode="after")
    def _can_decide(self) -> Self:
        names = [metric.title for metric in self.metrics]
        refusals = repeated_names(names, within="metrics")
        if not any(metric.role != "signal" for metric in self.metrics):
            refusals.append(Refusal("a metric with role goal or guardrail", ("metrics",)))
        if self.paired and not any(metric.of == "log_loss" for metric in self.metrics):
            refusals.append(Refusal("false without a metric of log_loss, which it compares", ("paired",)))
        refusals.extend(self._of_end())
        if refusals:
            raise validation_error(*refusals)
        return self

    def _of_end(self) -> Iterator[Refusal]:
        for place, metric in enumerate(self.metrics):
            if self.max_units is not None and metric.of == "auc" and metric.role == "goal":
                hint = "what an area rests on grows with the rarer outcome, and not with units"
                yield Refusal("a goal other than auc beside max_units", ("metrics", place, "of"), hint)
