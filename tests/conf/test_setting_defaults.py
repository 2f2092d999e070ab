"""Names and defaults are those that users rely on."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from conf.loading.loader import settings_from
from conf.loading.schema import setting_keys
from conf.settings import MlSettings, Settings
from conf.types.durations import format_duration

REQUIRED = object()

INTERFACE: dict[str, object] = {
    "enabled": False,
    "model_registry.type": "local",
    "model_registry.base_path": "./models",
    "model_registry.s3_bucket": None,
    "model_registry.s3_region": None,
    "model_registry.s3_endpoint": None,
    "model_registry.gcs_bucket": None,
    "model_registry.gcs_project": None,
    "model_registry.watch_interval": "2s",
    "model_registry.cache_dir": None,
    "model_registry.max_loaded": 2,
    "model_registry.max_loaded_mib": 2048,
    "metrics.port": 0,
    "metrics.bind": "127.0.0.1",
    "metrics.input_rows": 1000,
    "metrics.final_scrape": "15s",
    "metrics.folder": None,
    "metrics.flink_port": 0,
    "drift.enabled": False,
    "drift.window": "1h",
    "drift.sample": 0.1,
    "drift.min_rows": 200,
    "drift.alpha": 0.05,
    "drift.measure": "psi",
    "drift.sequential.detector": "none",
    "drift.sequential.streams": ("score", "features", "outcome"),
    "drift.sequential.delta": 0.002,
    "drift.sequential.threshold": 50.0,
    "drift.sequential.tolerance": 0.005,
    "logs": "text",
    "models": (),
    "models.*.name": REQUIRED,
    "models.*.version": REQUIRED,
    "models.*.type": REQUIRED,
    "models.*.path": None,
    "models.*.tags": {},
    "models.*.description": "",
    "models.*.enabled": True,
    "models.*.warmup_on_load": True,
    "feature_store.enabled": False,
    "feature_store.backend": "memory",
    "feature_store.ttl": "5m",
    "feature_store.redis_addr": "localhost:6379",
    "feature_store.redis_db": 0,
    "feature_store.ttl_on": "write",
    "feature_store.retention": "1d",
    "feature_store.redis_mode": "single",
    "feature_store.redis_master": "mymaster",
    "feature_store.redis_user": None,
    "feature_store.redis_password": None,
    "feature_store.redis_tls": False,
    "feature_store.redis_ca": None,
    "feature_store.redis_cert": None,
    "feature_store.redis_cert_key": None,
    "feature_store.timeout": "250ms",
    "feature_store.retries": 3,
    "feature_store.breaker_failures": 5,
    "feature_store.breaker_open": "10s",
    "feature_store.cache_size": 10_000,
    "feature_store.cache_ttl": "1s",
    "feature_store.on_error": "default",
    "feature_store.publish": (),
    "feature_store.publish.*.entity": REQUIRED,
    "feature_store.publish.*.key": None,
    "feature_store.publish.*.features": (),
    "feature_store.on_full": "wait",
    "inference.default_batch_size": "auto",
    "inference.default_batch_timeout": "10ms",
    "inference.max_concurrency": 10,
    "inference.max_latency": "100ms",
    "inference.breaker_failures": 5,
    "inference.breaker_open": "1m",
    "inference.breaker_successes": 2,
    "inference.enable_gpu": False,
    "inference.gpu_device_ids": (),
    "online_learning.enabled": False,
    "online_learning.default_update_batch_size": 32,
    "online_learning.default_update_interval": "5s",
    "online_learning.default_checkpoint_interval": "5m",
    "online_learning.checkpoint_dir": "./ml-checkpoints",
    "online_learning.default_learning_rate": 0.001,
    "online_learning.enable_validation": True,
    "online_learning.validation_split": 0.2,
    "ab_testing.enabled": False,
    "ab_testing.experiments": (),
    "ab_testing.experiments.*.name": REQUIRED,
    "ab_testing.experiments.*.strategy": REQUIRED,
    "ab_testing.experiments.*.split_key": None,
    "ab_testing.experiments.*.default_variant": None,
    "ab_testing.experiments.*.enable_shadow_mode": False,
    "ab_testing.experiments.*.collect_comparison": True,
    "ab_testing.experiments.*.enabled": True,
    "ab_testing.experiments.*.layer": None,
    "ab_testing.experiments.*.traffic": 100,
    "ab_testing.experiments.*.verdict": None,
    "ab_testing.experiments.*.verdict.metrics": REQUIRED,
    "ab_testing.experiments.*.verdict.metrics.*.of": REQUIRED,
    "ab_testing.experiments.*.verdict.metrics.*.name": "",
    "ab_testing.experiments.*.verdict.metrics.*.field": None,
    "ab_testing.experiments.*.verdict.metrics.*.per": "event",
    "ab_testing.experiments.*.verdict.metrics.*.role": "goal",
    "ab_testing.experiments.*.verdict.metrics.*.better": None,
    "ab_testing.experiments.*.verdict.metrics.*.margin": 0.0,
    "ab_testing.experiments.*.verdict.auto": False,
    "ab_testing.experiments.*.verdict.paired": False,
    "ab_testing.experiments.*.verdict.max_units": None,
    "ab_testing.experiments.*.verdict.interval": "1h",
    "ab_testing.experiments.*.verdict.alpha": 0.05,
    "ab_testing.experiments.*.verdict.planned_units": 5_000,
    "ab_testing.experiments.*.verdict.sample_ratio_p": 0.001,
    "ab_testing.experiments.*.verdict.max_silence": "1d",
    "ab_testing.experiments.*.ramp": None,
    "ab_testing.experiments.*.ramp.variant": None,
    "ab_testing.experiments.*.ramp.steps": (1, 5, 10, 25, 50, 100),
    "ab_testing.experiments.*.ramp.hold": "1h",
    "ab_testing.experiments.*.ramp.min_units": 1000,
    "ab_testing.experiments.*.bandit": None,
    "ab_testing.experiments.*.bandit.goal": REQUIRED,
    "ab_testing.experiments.*.bandit.floor": 0.05,
    "ab_testing.experiments.*.bandit.min_units": 100,
    "ab_testing.experiments.*.variants": REQUIRED,
    "ab_testing.experiments.*.variants.*.name": REQUIRED,
    "ab_testing.experiments.*.variants.*.model_name": REQUIRED,
    "ab_testing.experiments.*.variants.*.model_version": "",
    "ab_testing.experiments.*.variants.*.weight": 0,
    "ab_testing.experiments.*.variants.*.enabled": True,
}

FIELD: dict[str, object] = {
    "type": REQUIRED,
    "required": True,
    "source": None,
    "unit": None,
    "scale": None,
    "min": None,
    "max": None,
}

EVENTS: dict[str, object] = {
    "id": REQUIRED,
    "key": REQUIRED,
    "time": REQUIRED,
    "label": None,
    "watermark_delay": "0s",
    "allowed_lateness": "0s",
    "max_ahead": "5m",
    "max_jump": "1h",
    "fields": REQUIRED,
    **{f"fields.*.{name}": default for name, default in FIELD.items()},
}

OPERATOR: dict[str, object] = {
    "model_name": REQUIRED,
    "model_version": "",
    "batch_size": "auto",
    "batch_timeout": "10ms",
    "max_concurrency": 10,
    "feature_fields": (),
    "output_field": "prediction",
    "alert_threshold": None,
    "fallback_version": "",
    "default_prediction": None,
}

EXECUTION: dict[str, object] = {
    "profile": "throughput",
    "windows": "sliding",
    "parallelism": 1,
    "max_parallelism": 128,
    "checkpoint_interval": "10s",
    "state_backend": None,
    "flink": {},
}

KAFKA_SOURCE: dict[str, object] = {
    "servers": REQUIRED,
    "topics": REQUIRED,
    "group": None,
    "start": "committed",
    "stop": "never",
    "idle_timeout": "2m",
    "options": {},
}

KAFKA_SINK: dict[str, object] = {
    "servers": REQUIRED,
    "predictions": REQUIRED,
    "alerts": None,
    "dead_letters": REQUIRED,
    "drift": None,
    "comparisons": None,
    "verdicts": None,
    "label_dead_letters": None,
    "unmatched": None,
    "learning": None,
    "delivery": "exactly_once",
    "transaction_prefix": None,
    "transaction_timeout": "15m",
    "options": {},
}

LABELS: dict[str, object] = {
    "kafka": None,
    **{f"kafka.{name}": default for name, default in KAFKA_SOURCE.items()},
    "path": None,
    "id": REQUIRED,
    "time": REQUIRED,
    "label": REQUIRED,
    "ttl": "7d",
    "early": "1d",
    "late": "0s",
    "watermark_delay": "0s",
    "missing_label": None,
    "fields": REQUIRED,
    **{f"fields.*.{name}": default for name, default in FIELD.items()},
}

_SECTIONS = {
    *(f"ml.{name}" for name in ("model_registry", "feature_store", "inference", "online_learning", "ab_testing")),
    *(f"ml.{name}" for name in ("metrics", "drift", "drift.sequential")),
}


def _defaults(prefix: str) -> dict[str, object]:
    """The default of every setting below ``prefix``, durations as text."""
    fields = {}
    for key in setting_keys(Settings):
        path = ".".join(key.path)
        if path.startswith(prefix) and path not in _SECTIONS:
            field = key.field
            default = REQUIRED if field.is_required() else field.get_default(call_default_factory=True)
            is_duration = key.attribute.endswith("_ms")
            fields[path.removeprefix(prefix)] = format_duration(default) if is_duration else default
    return fields


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("ml.", INTERFACE),
        ("job.events.", EVENTS),
        ("job.inference.", OPERATOR),
        ("execution.", EXECUTION),
        ("job.source.kafka.", KAFKA_SOURCE),
        ("job.sink.kafka.", KAFKA_SINK),
        ("job.labels.", LABELS),
    ],
    ids=["ml", "job.events", "job.inference", "execution", "job.source.kafka", "job.sink.kafka", "job.labels"],
)
def test_every_setting_is_known_to_interface(prefix: str, expected: dict[str, object]) -> None:
    assert _defaults(prefix) == expected


def test_durations_are_written_without_their_unit_in_the_name() -> None:
    for key in setting_keys(Settings):
        assert not key.path[-1].endswith("_ms")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        MlSettings().enabled = True


def test_settings_survive_pickling(job_yaml: str, load: Callable[..., Settings]) -> None:
    settings = load(job_yaml)
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_the_operator_inherits_what_it_leaves_out(job_yaml: str, load: Callable[..., Settings]) -> None:
    ml = "ml: {inference: {default_batch_size: 7, default_batch_timeout: 3s, max_concurrency: 2}}\n"
    inference = load(ml + job_yaml, ["job.inference.max_concurrency=5"]).job.inference
    assert (inference.batch_size, inference.batch_timeout_ms, inference.max_concurrency) == (7, 3_000, 5)


def test_a_mapping_gives_the_same_settings_as_a_file(load: Callable[..., Settings]) -> None:
    tree = {"ml": {"inference": {"max_latency": "1s"}}}
    assert settings_from(tree) == load("ml: {inference: {max_latency: 1s}}")
    assert tree == {"ml": {"inference": {"max_latency": "1s"}}}
