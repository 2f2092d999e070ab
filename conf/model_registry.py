"""The store of models (`ml.model_registry`) and the models that a deployment names (`ml.models`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.durations import PositiveDurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Flag, LocalFolder, Location, Name, Segment, Version, Whole

ModelType = Literal["onnx", "tensorflow", "tflite", "custom"]


class ModelRegistrySettings(FrozenSettings):
    """The store of models; credentials come from the environment or the cloud's own chain, never from settings.

    Attributes:
        type: kind of store; default ``local``.
        base_path: folder, ``package:NAME[/sub]`` or object-store URL; default ``./models``.
        s3_bucket: bucket; required for ``s3`` unless ``base_path`` is an ``s3://`` URL.
        s3_region: region; default: the cloud's own chain.
        s3_endpoint: URL of an S3-compatible server; default AWS.
        gcs_bucket: bucket; required for ``gcs`` unless ``base_path`` is a ``gs://`` URL.
        gcs_project: project; default: the cloud's own chain.
        watch_interval_ms: time between checks for a new deployment; YAML ``watch_interval``, default 2s.
        cache_dir: folder for copies of remote models; default: one of the user's own in the machine's
            temporary folder.
        max_loaded: versions of a model kept loaded, the serving one and those for a rollback, >= 1; default 2.
        max_loaded_mib: most MiB of model files kept loaded for a rollback, >= 0; default 2048.
    """

    type: Literal["local", "s3", "gcs"] = "local"
    base_path: Location = "./models"
    s3_bucket: Name | None = None
    s3_region: Name | None = None
    s3_endpoint: Location | None = None
    gcs_bucket: Name | None = None
    gcs_project: Name | None = None
    watch_interval_ms: PositiveDurationMs = Field(default=2_000, alias="watch_interval")
    cache_dir: LocalFolder | None = None
    max_loaded: Whole = Field(default=2, ge=1)
    max_loaded_mib: Whole = Field(default=2048, ge=0)

    @model_validator(mode="after")
    def _has_bucket(self) -> Self:
        if self.type == "s3" and self.s3_bucket is None and not self.base_path.startswith("s3://"):
            raise validation_error(Refusal("a bucket, as type is s3 and base_path is no s3:// URL", ("s3_bucket",)))
        if self.type == "gcs" and self.gcs_bucket is None and not self.base_path.startswith("gs://"):
            raise validation_error(Refusal("a bucket, as type is gcs and base_path is no gs:// URL", ("gcs_bucket",)))
        return self


class ModelSettings(FrozenSettings):
    """One version of a model. The job says which version serves; each one that is on is opened before a run starts.

    Attributes:
        name: name in the registry.
        version: version, such as ``v2.0`` or ``1.0.0``; the one that ``job.inference.model_version`` names, if it does.
        type: runtime: ``onnx``, ``tensorflow`` and ``tflite`` (TFLite files), ``custom``.
        path: bare model file to load instead of the registry's; default: the registry's.
        tags: free text by name, added to the version's own tags.
        description: free text; it replaces the version's own.
        enabled: this version may serve; default true.
        warmup_on_load: predict once before the first event; default true.
    """

    name: Segment
    version: Version
    type: ModelType
    path: Name | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    description: str = ""
    enabled: Flag = True
    warmup_on_load: Flag = True
