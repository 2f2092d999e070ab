"""All settings of a deployment: the three roots `ml:`, `job:` and `execution:`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydantic import PrivateAttr, model_validator
from typing_extensions import Self

from conf.errors import KeyPath
from conf.events import EventSettings, FieldSettings
from conf.execution import ExecutionSettings
from conf.experiments.ab_testing import AbTestingSettings, ExperimentSettings, VariantSettings
from conf.experiments.bandit import BanditSettings
from conf.experiments.evaluation import BaselineSettings, EvaluationSettings
from conf.experiments.experiment_choice import experiment_contradictions
from conf.experiments.ramp import RampSettings
from conf.experiments.registry_weights import ramp_contradictions
from conf.jdbc import JdbcSinkSettings
from conf.job import FeatureSetSettings, FeatureSpec, InferenceSettings, JobSettings
from conf.kafka import KafkaSinkSettings, KafkaSourceSettings, SinkSettings, SourceSettings
from conf.labels import LabelsSettings
from conf.learning.learner import LearnerSettings
from conf.learning.learning import LearningSettings
from conf.learning.learning_choice import learning_contradictions
from conf.ml import (
    MetricsSettings,
    MlInferenceSettings,
    MlSettings,
    OnlineLearningSettings,
)
from conf.model_choice import contradictions
from conf.model_registry import ModelRegistrySettings, ModelSettings
from conf.stores.feature_store import FeatureStoreSettings
from conf.stores.publish import PublishSettings
from conf.types.base import FrozenSettings
from conf.types.durations import format_duration
from conf.types.refusal import Refusal, validation_error

__all__ = [
    "AbTestingSettings",
    "BanditSettings",
    "BaselineSettings",
    "EvaluationSettings",
    "EventSettings",
    "ExecutionSettings",
    "ExperimentSettings",
    "FeatureSetSettings",
    "FeatureSpec",
    "FeatureStoreSettings",
    "FieldSettings",
    "InferenceSettings",
    "JdbcSinkSettings",
    "JobSettings",
    "KafkaSinkSettings",
    "KafkaSourceSettings",
    "LabelsSettings",
    "LearnerSettings",
    "LearningSettings",
    "MetricsSettings",
    "MlInferenceSettings",
    "MlSettings",
    "ModelRegistrySettings",
    "ModelSettings",
    "OnlineLearningSettings",
    "PublishSettings",
    "RampSettings",
    "Settings",
    "SinkSettings",
    "SourceSettings",
    "VariantSettings",
]


# The longest wait of flink-conf.yaml before a restart.
_RESTART_MS = 60_000


class Settings(FrozenSettings):
    """All settings; a file with `ml:` alone has no job."""

    ml: MlSettings = MlSettings()
    job: JobSettings | None = None
    execution: ExecutionSettings = ExecutionSettings()
    _from_environment: frozenset[KeyPath] = PrivateAttr(default=frozenset())

    @property
    def from_environment(self) -> frozenset[KeyPath]:
        """Key paths in YAML of values with text of ``${NAME}``, which nothing shows."""
        return self._from_environment

    def with_hidden(self, paths: Iterable[KeyPath]) -> Self:
        """Return these settings, with the values at some paths known to come from the environment."""
        known = self.model_copy()
        known._from_environment = frozenset(paths)
        return known

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        refusals = [*self._of_transactions(), *ramp_contradictions(self.ml)]
        if self.job is not None:
            refusals += contradictions(self.ml, self.job.inference)
            refusals += experiment_contradictions(self.ml, self.job)
            refusals += learning_contradictions(self.ml, self.job)
        if refusals:
            raise validation_error(*refusals)
        return self

    def _of_transactions(self) -> Iterator[Refusal]:
        """Refuse transactions that no checkpoint ends, or that time out before their checkpoint."""
        kafka = self.job.sink.kafka if self.job else None
        if kafka is None or kafka.delivery != "exactly_once":
            return
        interval_ms = self.execution.checkpoint_interval_ms
        if not interval_ms:
            expected = "at_least_once, as execution.checkpoint_interval: 0s leaves nothing to end transactions with"
            yield Refusal(expected, ("job", "sink", "kafka", "delivery"))
            return
        checkpoints = self.execution.tolerated_checkpoints + 1
        least_ms = checkpoints * interval_ms + _RESTART_MS
        if kafka.transaction_timeout_ms < least_ms:
            interval = format_duration(interval_ms)
            expected = (
                f"at least {format_duration(least_ms)}, for {checkpoints} checkpoints of {interval} and a restart"
            )
            hint = "Kafka drops the rows of a transaction that times out before its checkpoint"
            yield Refusal(expected, ("job", "sink", "kafka", "transaction_timeout"), hint)
