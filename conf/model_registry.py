"""Where models are kept (`ml.model_registry`) and which ones a deployment names (`ml.models`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.durations import PositiveDurationMs
from conf.types.refusal import Refusal, refuse
from conf.types.scalars import Flag, Location, Name, Segment, Version, Whole

ModelType = Literal["onnx", "tensorflow", "tflite", "custom"]


class ModelRegistrySettings(FrozenSettings):
    """Where models are kept; credentials come from the environment or the cloud's own chain, never from here.

    Attributes:
        type: Kind of store; default ``local``.
        base_path: Folder, ``package:NAME[/sub]`` or object-store URL; default ``./models``.
        s3_bucket: Bucket; required for ``s3`` unless ``base_path`` is an ``s3://`` URL.
        s3_region: Region; default: the cloud's own chain.
        s3_endpoint: URL of an S3-compatible server; default AWS.
        gcs_bucket: Bucket; required for ``gcs`` unless ``base_path`` is a ``gs://`` URL.
        gcs_project: Project; default: the cloud's own chain.
        watch_interval_ms: Between looks for a new deployment; YAML ``watch_interval``, default 2s.
        cache_dir: Folder for copies of remote models; default: ``gress-ml-models`` in the machine's temporary folder.
        max_loaded: Versions of a model kept loaded, the one that serves and those to roll back to, >= 1; default 2.
        max_loaded_mib: Most MiB of model files kept loaded to roll back to, >= 0; default 2048.
    """

    type: Literal["local", "s3", "gcs"] = "local"
    base_path: Location = "./models"
    s3_bucket: Name | None = None
    s3_region: Name | None = None
    s3_endpoint: Location | None = None
    gcs_bucket: Name | None = None
    gcs_project: Name | None = None
    watch_interval_ms: PositiveDurationMs = Field(default=2_000, alias="watch_interval")
    cache_dir: Name | None = None
    max_loaded: Whole = Field(default=2, ge=1)
    max_loaded_mib: Whole = Field(default=2048, ge=0)

    @model_validator(mode="after")
    def _has_bucket(self) -> Self:
        if self.type == "s3" and self.s3_bucket is None and not self.base_path.startswith("s3://"):
            raise refuse(Refusal("a bucket, as type is s3 and base_path is no s3:// URL", ("s3_bucket",)))
        if self.type == "gcs" and self.gcs_bucket is None and not self.base_path.startswith("gs://"):
            raise refuse(Refusal("a bucket, as type is gcs and base_path is no gs:// URL", ("gcs_bucket",)))
        return self


class ModelSettings(FrozenSettings):
    """One version of a model.

    Attributes:
        name: Name in the registry.
        version: Such as ``v2.0`` or ``1.0.0``.
        type: Runtime: ``onnx``, ``tensorflow`` and ``tflite`` (TFLite files), ``custom``.
        path: A bare model file instead of the registry's; default: the registry's.
        tags: Free text by name.
        description: Free text.
        enabled: Whether it is loaded; default true.
        warmup_on_load: Predict once before the first event; default true.
    """

    name: Segment
    version: Version
    type: ModelType
    path: Name | None = None
    tags: Mapping[str, str] = Field(default_factory=dict)
    description: str = ""
    enabled: Flag = True
    warmup_on_load: Flag = True
