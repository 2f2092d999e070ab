"""Machine-learning settings (`ml:`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from conf.drift import DriftSettings
from conf.experiments.ab_testing import AbTestingSettings
from conf.model_registry import ModelRegistrySettings, ModelSettings
from conf.stores.feature_store import FeatureStoreSettings
from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs, PositiveDurationMs
from conf.types.grammar import full_version
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import BatchSize, Flag, LocalFolder, Name, Ports, Real, Whole


def _unique(ids: tuple[int, ...]) -> tuple[int, ...]:
    if len(set(ids)) < len(ids):
        raise validation_error(Refusal("each GPU id once"))
    return ids


# Linux numbers NVIDIA's devices of a machine within a byte.
_Device = Annotated[Whole, Field(ge=0, le=255)]


class MlInferenceSettings(FrozenSettings):
    """Defaults of the model call for jobs that leave them out.

    Attributes:
        default_batch_size: rows of one model call, ``auto`` (default) or >= 1.
        default_batch_timeout_ms: longest wait for a batch to fill; YAML ``default_batch_timeout``, default 10ms.
        max_concurrency: batches in flight, >= 1; default 10.
        max_latency_ms: longest time a model may take for up to 512 rows; YAML ``max_latency``, default 100ms. A batch
            that takes longer gets the fallback, if there is one (in the latency profile from the second late event
            on). A new version that takes longer is not deployed.
        breaker_failures: failed batches in a row that open the circuit breaker, >= 1; default 5.
        breaker_open_ms: how long the breaker keeps batches from the model before it tries one; YAML ``breaker_open``,
            default 60s.
        breaker_successes: successful tries in a row that close the breaker, >= 1; default 2.
        enable_gpu: score ONNX models on a GPU; default false. Without a usable one they are scored on the CPU, and
            the metric ``gress_ml_model_device_info`` says why.
        gpu_device_ids: GPUs to deal out over the workers, each once and from 0 to 255, as CUDA counts those that
            ``CUDA_VISIBLE_DEVICES`` names; default none = all of these.
    """

    default_batch_size: BatchSize = "auto"
    default_batch_timeout_ms: PositiveDurationMs = Field(default=10, alias="default_batch_timeout")
    max_concurrency: Whole = Field(default=10, ge=1)
    max_latency_ms: PositiveDurationMs = Field(default=100, alias="max_latency")
    breaker_failures: Whole = Field(default=5, ge=1)
    breaker_open_ms: PositiveDurationMs = Field(default=60_000, alias="breaker_open")
    breaker_successes: Whole = Field(default=2, ge=1)
    enable_gpu: Flag = False
    gpu_device_ids: Annotated[tuple[_Device, ...], AfterValidator(_unique)] = ()


class OnlineLearningSettings(FrozenSettings):
    """Learning from labels as they arrive; `job.learning` says what learns, and may differ from the defaults here.

    Attributes:
        enabled: learn while the job runs; default false.
        default_update_batch_size: labelled rows of one update, >= 1; default 32.
        default_update_interval_ms: longest wait for these rows, in event time; YAML ``default_update_interval``,
            default 5s.
        default_checkpoint_interval_ms: event time between two versions of the model; YAML
            ``default_checkpoint_interval``, default 5m.
        checkpoint_dir: folder or object-store URL of a readable snapshot of each version; default
            ``./ml-checkpoints``.
        default_learning_rate: step size of an update, > 0; default 0.001.
        enable_validation: hold rows out, and take back updates that make the model worse on them; default true.
        validation_split: share held out, in [0, 1); default 0.2.
    """

    enabled: Flag = False
    default_update_batch_size: Whole = Field(default=32, ge=1)
    default_update_interval_ms: PositiveDurationMs = Field(default=5_000, alias="default_update_interval")
    default_checkpoint_interval_ms: PositiveDurationMs = Field(default=300_000, alias="default_checkpoint_interval")
    checkpoint_dir: Name = "./ml-checkpoints"
    default_learning_rate: Real = Field(default=0.001, gt=0)
    enable_validation: Flag = True
    validation_split: Real = Field(default=0.2, ge=0, lt=1)


class MetricsSettings(FrozenSettings):
    """Metrics endpoints. The Python workers of a host share one, ``http://HOST:PORT/metrics``.

    Attributes:
        port: port of the endpoint, 1 to 65535; default 0 = no endpoint.
        bind: address that the endpoint listens on; default ``127.0.0.1``, this machine only. ``0.0.0.0``
            lets scrapers of other machines in, and everybody who reaches the port.
        input_rows: rows a second and worker whose feature values are counted, >= 1; default 1000.
        final_scrape_ms: how long a local run on files keeps the endpoint after its end, until a scrape; YAML
            ``final_scrape``, default 15s; 0s = it ends at once.
        folder: folder in which the workers of a host share their values; default: one for each user and port, in the
            temporary folder.
        flink_port: port of Flink's own metrics in a local run, on every interface, or a range such as ``9250-9259``
            whose first free port is taken; default 0 = none. On a cluster the cluster's configuration decides.
    """

    port: Whole = Field(default=0, ge=0, le=65_535)
    bind: Name = "127.0.0.1"
    input_rows: Whole = Field(default=1000, ge=1)
    final_scrape_ms: DurationMs = Field(default=15_000, alias="final_scrape")
    folder: LocalFolder | None = None
    flink_port: Ports = 0


class MlSettings(FrozenSettings):
    """All settings under ``ml:``.

    Attributes:
        enabled: whether jobs may run; default false.
        model_registry: where models are kept.
        models: versions that a deployment names; default none.
        feature_store: store of features by entity.
        inference: how models are called where a job does not say otherwise.
        online_learning: learning from labels as they arrive.
        ab_testing: experiments between versions.
        metrics: where metrics are scraped.
        drift: how rows are compared with the training rows.
        logs: format of the workers' log lines: ``text`` (default), or ``json`` with one object a line.
    """

    enabled: Flag = False
    model_registry: ModelRegistrySettings = ModelRegistrySettings()
    models: tuple[ModelSettings, ...] = ()
    feature_store: FeatureStoreSettings = FeatureStoreSettings()
    inference: MlInferenceSettings = MlInferenceSettings()
    online_learning: OnlineLearningSettings = OnlineLearningSettings()
    ab_testing: AbTestingSettings = AbTestingSettings()
    metrics: MetricsSettings = MetricsSettings()
    drift: DriftSettings = DriftSettings()
    logs: Literal["text", "json"] = "text"

    @model_validator(mode="after")
    def _models_are_unique(self) -> Self:
        versions = [(model.name, full_version(model.version)) for model in self.models]
        refusals = [
            Refusal("a version that no earlier entry of this model has", ("models", index, "version"))
            for index, version in enumerate(versions)
            if version in versions[:index]
        ]
        if refusals:
            raise validation_error(*refusals)
        return self
