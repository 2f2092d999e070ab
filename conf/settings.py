"""All settings of a deployment: the three roots `ml:`, `job:` and `execution:`."""

from __future__ import annotations

from conf.ab_testing import AbTestingSettings, ExperimentSettings, VariantSettings
from conf.events import EventSettings, FieldSettings
from conf.execution import ExecutionSettings
from conf.frozen import FrozenSettings
from conf.job import FeatureSetSettings, FeatureSpec, InferenceSettings, JobSettings
from conf.ml import FeatureStoreSettings, MlInferenceSettings, MlSettings, OnlineLearningSettings
from conf.model_registry import ModelRegistrySettings, ModelSettings

__all__ = [
    "AbTestingSettings",
    "EventSettings",
    "ExecutionSettings",
    "ExperimentSettings",
    "FeatureSetSettings",
    "FeatureSpec",
    "FeatureStoreSettings",
    "FieldSettings",
    "InferenceSettings",
    "JobSettings",
    "MlInferenceSettings",
    "MlSettings",
    "ModelRegistrySettings",
    "ModelSettings",
    "OnlineLearningSettings",
    "Settings",
    "VariantSettings",
]


class Settings(FrozenSettings):
    """All settings; a file with `ml:` alone has no job."""

    ml: MlSettings = MlSettings()
    job: JobSettings | None = None
    execution: ExecutionSettings = ExecutionSettings()
