"""The document's own YAML loads as it is written, and every value arrives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conf.loading.loader import load_settings
from conf.settings import Settings

DATA = Path(__file__).parent / "data"


def _loaded(name: str) -> Settings:
    return load_settings(DATA / name, environ={})


def test_full_example_registry_and_models_arrive() -> None:
    ml = _loaded("full.yaml").ml
    assert ml.enabled
    assert ml.model_registry.model_dump(exclude_unset=True) == {
        "type": "local",
        "base_path": "./models",
        "s3_bucket": "my-models-bucket",
        "s3_region": "us-east-1",
    }
    assert [model.model_dump(exclude_unset=True) for model in ml.models] == [
        {
            "name": "fraud-detector",
            "version": "v2.0",
            "type": "onnx",
            "path": "./models/fraud-v2.onnx",
            "enabled": True,
            "warmup_on_load": True,
            "tags": {"environment": "production", "task": "classification"},
        },
        {
            "name": "recommender",
            "version": "v1.5",
            "type": "tensorflow",
            "path": "./models/recommender-v1.5.tflite",
            "enabled": True,
        },
    ]


def test_full_example_feature_store_and_inference_arrive() -> None:
    ml = _loaded("full.yaml").ml
    store, inference = ml.feature_store, ml.inference
    assert (store.enabled, store.backend, store.ttl_ms, store.redis_addr) == (
        True,
        "redis",
        300_000,
        "localhost:6379",
    )
    assert (inference.default_batch_size, inference.default_batch_timeout_ms) == (100, 50)
    assert (inference.max_concurrency, inference.max_latency_ms, inference.enable_gpu) == (10, 100, False)


def test_full_example_online_learning_arrives() -> None:
    learning = _loaded("full.yaml").ml.online_learning
    assert learning.enabled
    assert learning.default_update_batch_size == 32
    assert learning.default_update_interval_ms == 5_000
    assert learning.default_checkpoint_interval_ms == 300_000
    assert learning.checkpoint_dir == "./ml-checkpoints"
    assert learning.default_learning_rate == 0.001
    assert learning.enable_validation
    assert learning.validation_split == 0.2


def test_full_example_experiment_arrives() -> None:
    testing = _loaded("full.yaml").ml.ab_testing
    assert testing.enabled
    [experiment] = testing.experiments
    assert (experiment.name, experiment.strategy, experiment.split_key) == (
        "fraud-model-test",
        "hash",
        "user_id",
    )
    assert experiment.enable_shadow_mode
    assert experiment.enabled
    arms = [(v.name, v.model_name, v.model_version, v.weight, v.enabled) for v in experiment.variants]
    assert arms == [
        ("control", "fraud-detector", "v1.0", 70.0, True),
        ("treatment", "fraud-detector", "v2.0", 30.0, True),
    ]


def test_a_file_with_ml_alone_has_no_job() -> None:
    assert _loaded("full.yaml").job is None


def test_quick_start_arrives() -> None:
    ml = _loaded("quick_start.yaml").ml
    assert (ml.enabled, ml.model_registry.type, ml.model_registry.base_path) == (True, "local", "./models")
    [model] = ml.models
    assert (model.name, model.version, model.type) == ("fraud-detector", "v2.0", "onnx")
    assert (model.path, model.enabled, model.warmup_on_load) == (
        "./models/fraud-detector-v2.onnx",
        True,
        True,
    )
    assert ml.inference.default_batch_size == 100
    assert ml.inference.default_batch_timeout_ms == 50
    assert (ml.inference.max_concurrency, ml.inference.max_latency_ms) == (10, 100)


def test_gpu_snippet_arrives_below_ml(load: Callable[..., Settings]) -> None:
    inference = load("ml:\n  inference:\n    enable_gpu: true\n    gpu_device_ids: [0, 1]  # Use GPUs 0 and 1\n")
    assert inference.ml.inference.enable_gpu
    assert inference.ml.inference.gpu_device_ids == (0, 1)


def test_gpu_snippet_at_the_root_says_where_it_belongs(refusals: Callable[..., list[str]]) -> None:
    assert refusals("inference: {enable_gpu: true}") == [
        "c.yaml: inference: expected a known key, got 'inference'; nearest valid name 'ml.inference' or 'job.inference'"
    ]
