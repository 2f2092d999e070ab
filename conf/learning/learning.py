"""Settings of a job's learning (`job.learning`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.learning.learner import ADAPTED, LearnerSettings
from conf.model_registry import ModelRegistrySettings
from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs, PositiveDurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Flag, Name, Real, Segment, Whole


class ScalingSettings(FrozenSettings):
    """Standardisation of features by their running means and deviations; a missing value becomes the mean.

    Attributes:
        enabled: standardise; default true.
        clip: farthest that a value may be from its mean, in standard deviations, > 0; default 10.
    """

    enabled: Flag = True
    clip: Real = Field(default=10.0, gt=0)


class GuardSettings(FrozenSettings):
    """Guard that takes back updates which make the model worse on held-out rows, or blow it up.

    Attributes:
        every: rows between two looks, >= 1; default 256.
        rows: newest held-out rows that a look compares on, >= 100; default 1000.
        margin: loss that an update may add, >= 0; default 0.01.
    """

    every: Whole = Field(default=256, ge=1)
    rows: Whole = Field(default=1000, ge=100)
    margin: Real = Field(default=0.01, ge=0)


class ReactionSettings(FrozenSettings):
    """Reaction to a drift of the loss of predictions, as ADWIN finds it.

    Attributes:
        action: ``none`` (default), only count it; ``raise_rate``, learn faster for a while; ``reset``, start over.
        delta: chance of a false alarm, in (0, 1); default 0.002.
        factor: of the rate, for raise_rate, > 1; default 4.
        half_life: rows in which half of the rise is gone, for raise_rate, >= 1; default 500.
    """

    action: Literal["none", "raise_rate", "reset"] = "none"
    delta: Real = Field(default=0.002, gt=0, lt=1)
    factor: Real = Field(default=4.0, gt=1)
    half_life: Whole = Field(default=500, ge=1)


class LearningSettings(FrozenSettings):
    """Learning of a model from a job's features and outcomes. Intervals are of event time.

    Attributes:
        model_name: model whose versions it publishes; default: the job's model and ``-online``.
        registry: registry that versions go to; default: ``ml.model_registry``.
        learner: the model that learns.
        label_delay_ms: time after an event at which the outcome that it carries counts as known; YAML ``label_delay``,
            default 0s. For replays: live, outcomes come later by themselves (`job.labels`).
        late_share: share of positives whose label comes after ``job.labels.ttl``, in [0, 1), so that the rows were
            taken for ``job.labels.missing_label``; rows are weighed so that the model does not learn this error.
            Default 0.
        update_batch_size: rows of an update, >= 1; default: that of ``ml.online_learning``.
        update_interval_ms: longest wait for them; YAML ``update_interval``; default: that of ``ml.online_learning``.
        checkpoint_interval_ms: time between two versions; YAML ``checkpoint_interval``; default: that of
            ``ml.online_learning``.
        enable_validation: hold rows out and take back updates that make the model worse on them; default: that of
            ``ml.online_learning``.
        validation_split: share of rows held out; default: that of ``ml.online_learning``.
        guard: when an update is taken back.
        drift: what happens when the loss drifts.
        scaling: standardisation of features.
        fading: weight that a row keeps in scores when the next one comes, in (0, 1]; default 0.9999.
        key: event field whose every value has a model of its own, ``long`` or ``string``; default none = one model.
            Such a model is a shared one and the key's deviation from it, which its own rows teach.
        max_keys: keys that get a model of their own, those that come first, >= 1; default 100000. The shared model
            answers for others. Each of up to 32 shards has an equal part of them.
        shards: parts of the rows, dealt out by id, each of which learns a copy of the one model, 1 to 32; a version is
            the mean of the copies, each by its rows. More is faster, and learns as from fewer rows. Default 1.
        promote: make each version the primary of its model that passes validation and, where the job scores with this
            model, is no worse than what serves; a version that a person chose stays. Default false.
        keep: newest snapshots that are kept in ``ml.online_learning.checkpoint_dir``, >= 1; default 10.
    """

    model_name: Segment | None = None
    registry: ModelRegistrySettings | None = None
    learner: LearnerSettings = LearnerSettings()
    label_delay_ms: DurationMs = Field(default=0, alias="label_delay")
    late_share: Real = Field(default=0.0, ge=0, lt=1)
    update_batch_size: Whole | None = Field(default=None, ge=1)
    update_interval_ms: PositiveDurationMs | None = Field(default=None, alias="update_interval")
    checkpoint_interval_ms: PositiveDurationMs | None = Field(default=None, alias="checkpoint_interval")
    enable_validation: Flag | None = None
    validation_split: Real | None = Field(default=None, ge=0, lt=1)
    guard: GuardSettings = GuardSettings()
    drift: ReactionSettings = ReactionSettings()
    scaling: ScalingSettings = ScalingSettings()
    fading: Real = Field(default=0.9999, gt=0, le=1)
    key: Name | None = None
    max_keys: Whole = Field(default=100_000, ge=1)
    shards: Whole = Field(default=1, ge=1, le=32)
    promote: Flag = False
    keep: Whole = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refusals = list(self._refused())
        if refusals:
            raise validation_error(*refusals)
        return self

    def _refused(self) -> Iterator[Refusal]:
        if self.learner.algorithm in ADAPTED and self.promote:
            expected = "false, as an estimator of another library stays in the job and has no version to serve"
            yield Refusal(expected, ("promote",), against=(("learner", "algorithm"),))
        if self.shards > 1 and self.learner.algorithm in ADAPTED:
            expected = "1, as estimators of other libraries have no mean"
            yield Refusal(expected, ("shards",), against=(("learner", "algorithm"),))
        if self.key is None:
            if "max_keys" in self.model_fields_set:
                yield Refusal("no max_keys without a key", ("max_keys",))
            return
        if self.learner.algorithm in ("naive_bayes", *ADAPTED):
            expected = f"no key, as the deviations of keys are linear models, and {self.learner.algorithm} is none"
            yield Refusal(expected, ("key",), against=(("learner", "algorithm"),))
        if self.shards > 1:
            yield Refusal("1, as rows go to the shard of their key", ("shards",), against=(("key",),))
