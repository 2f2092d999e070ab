"""Agreement of `ml.online_learning` with a job: whether it learns, from which outcomes, and by which settings.

Rules:

- A job learns where `ml.online_learning.enabled` is true; what `job.learning` leaves out comes from there.
- Outcomes come from `job.labels`, or else from the events' own field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conf.job import JobSettings
from conf.learning.learner import LearnerSettings
from conf.learning.learning import GuardSettings, LearningSettings, ReactionSettings, ScalingSettings
from conf.ml import MlSettings
from conf.model_choice import follows_registry
from conf.model_registry import ModelRegistrySettings
from conf.types.refusal import Refusal

_AT = ("job", "learning")
_KEY_TYPES = ("long", "string")
_PINNED, _MODELS = ("job", "inference", "model_version"), ("ml", "models")
_ENABLED = ("ml", "online_learning", "enabled")


@dataclass(frozen=True)
class JobLearning:
    """Learning of a job, nothing left out; attributes as those of `job.learning`.

    Attributes:
        registry: registry that versions go to.
        is_served: the job scores with the primary of the model that it learns.
        rate: step size of an update.
        split: share of rows held out; 0: none is, and no update is taken back for its loss.
    """

    model_name: str
    registry: ModelRegistrySettings
    is_served: bool
    learner: LearnerSettings
    rate: float
    label_delay_ms: int
    late_share: float
    update_batch_size: int
    update_interval_ms: int
    checkpoint_interval_ms: int
    split: float
    guard: GuardSettings
    drift: ReactionSettings
    scaling: ScalingSettings
    fading: float
    key: str | None
    max_keys: int
    shards: int
    promote: bool
    checkpoint_dir: str
    keep: int


def learning_of(ml: MlSettings, job: JobSettings) -> JobLearning | None:
    """Return the learning of a job; None: it does not learn."""
    defaults = ml.online_learning
    if not defaults.enabled:
        return None
    given = job.learning or LearningSettings()
    validates = defaults.enable_validation if given.enable_validation is None else given.enable_validation
    split = defaults.validation_split if given.validation_split is None else given.validation_split
    return JobLearning(
        given.model_name or f"{job.inference.model_name}-online",
        given.registry or ml.model_registry,
        _is_own(given, ml, job) and follows_registry(ml, job.inference),
        given.learner,
        given.learner.learning_rate or defaults.default_learning_rate,
        given.label_delay_ms,
        given.late_share,
        given.update_batch_size or defaults.default_update_batch_size,
        given.update_interval_ms or defaults.default_update_interval_ms,
        given.checkpoint_interval_ms or defaults.default_checkpoint_interval_ms,
        split if validates else 0.0,
        given.guard,
        given.drift,
        given.scaling,
        given.fading,
        given.key,
        given.max_keys,
        given.shards,
        given.promote,
        defaults.checkpoint_dir,
        given.keep,
    )


def _is_own(given: LearningSettings, ml: MlSettings, job: JobSettings) -> bool:
    """Return whether a job learns the model that it scores with."""
    return given.model_name == job.inference.model_name and given.registry in (None, ml.model_registry)


def learning_contradictions(ml: MlSettings, job: JobSettings) -> Iterator[Refusal]:
    """Yield a refusal for each reason why a job cannot learn."""
    given = job.learning
    if not ml.online_learning.enabled:
        if given is not None:
            hint = "set ml.online_learning.enabled: true, or leave out job.learning"
            yield Refusal("nothing, as ml.online_learning is off", _AT, hint, against=(_ENABLED,))
        return
    if job.labels is None and job.events.label is None:
        hint = "name the field of the outcome in job.events.label, or where outcomes come from in job.labels"
        yield Refusal("false, as nothing tells the job an outcome to learn from", _ENABLED, hint)
    if given is None:
        return
    if job.labels is not None and given.label_delay_ms:
        expected = "0s, as outcomes come from job.labels, which tells when each was known"
        yield Refusal(expected, (*_AT, "label_delay"), against=(("job", "labels"),))
    if given.late_share and (job.labels is None or job.labels.missing_label is None or given.learner.classes != 2):
        expected = "0, as it is about rows without a label that job.labels.missing_label takes for negatives"
        yield Refusal(expected, (*_AT, "late_share"))
    if given.promote and _is_own(given, ml, job) and not follows_registry(ml, job.inference):
        named = _PINNED if job.inference.model_version else _MODELS
        expected = "false, as the job scores with a version that is named, which no promotion replaces"
        yield Refusal(expected, (*_AT, "promote"), f"leave out {'.'.join(named)}", against=(named,))
    if given.key is not None:
        fields = job.events.fields
        candidates = tuple(name for name, field in fields.items() if field.type in _KEY_TYPES)
        if given.key not in candidates:
            yield Refusal("an event field of type long or string", (*_AT, "key"), candidates=candidates)
