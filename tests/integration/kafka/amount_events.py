"""Events whose outcome follows the amount, and models that know it, know nothing, or are sure of the opposite."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from models.inspect import spec_from_file
from models.registry import Registry, local_registry
from tests.integration.kafka.topics import Sent, Topics, send
from tests.support.fraud_config import STATELESS, shipped_tree
from tests.support.sample_models import sigmoid, write_onnx

LOOK_MS = 600_000
START_MS = 2_566_667 * LOOK_MS
UNITS, PER_LOOK = 20_000, 4_000


def write_logistic(folder: Path, weight: float, bias: float) -> Path:
    """A model whose score depends on the amount alone."""
    from onnx import TensorProto, helper

    nodes = [helper.make_node("Gemm", ["x", "w", "b"], ["z"]), helper.make_node("Sigmoid", ["z"], ["score"])]
    constants = {
        "w": np.array([[weight], [0], [0]], dtype=np.float32),
        "b": np.array([bias], dtype=np.float32),
    }
    folder.mkdir(parents=True)
    inputs, outputs = [("x", TensorProto.FLOAT, ["n", 3])], [("score", TensorProto.FLOAT, ["n", 1])]
    return write_onnx(folder, nodes, inputs, outputs, constants)


def publish_models(folder: Path) -> Registry:
    """Publish version 1, which knows nothing, 2, which knows the truth, and 3, which is sure of the opposite."""
    found = local_registry(folder / "registry")
    for version, weight, bias in (("1.0.0", 0.0, 0.0), ("2.0.0", 0.05, -2.5), ("3.0.0", -0.05, 2.5)):
        path = write_logistic(folder / version, weight, bias)
        found.publish(spec_from_file(path, "fraud-detector", version), path)
    found.deployments("fraud-detector").promote("1.0.0", why="first")
    return found


def settings_tree(registry: Registry, *experiments: dict[str, Any]) -> dict[str, Any]:
    """Settings of the fraud job without windows, whose experiments take their weights from a registry."""
    tree = shipped_tree()
    tree["job"]["features"]["specs"] = [s for s in tree["job"]["features"]["specs"] if s["name"] in STATELESS]
    tree["job"]["inference"] |= {"model_version": "", "alert_threshold": 0.9}
    tree["ml"] |= {
        "model_registry": {"type": "local", "base_path": str(registry.base), "watch_interval": "100ms"},
        "models": [],
        "ab_testing": {"enabled": True, "experiments": list(experiments)},
    }
    tree["execution"]["parallelism"] = 2
    return tree


def events(look: int) -> list[str]:
    """Events of the time between two looks, whose outcome follows the amount."""
    random = np.random.default_rng(look)
    amounts = random.uniform(0, 100, PER_LOOK).round(2)
    frauds = random.random(PER_LOOK) < sigmoid(0.05 * amounts - 2.5)
    times = START_MS + look * LOOK_MS + np.arange(PER_LOOK) * (LOOK_MS // PER_LOOK)
    rows = zip(
        times.tolist(), random.integers(0, UNITS, PER_LOOK).tolist(), amounts.tolist(), frauds.tolist(), strict=True
    )
    return [
        json.dumps(
            {
                "TRANSACTION_ID": look * PER_LOOK + number,
                "TX_DATETIME": at,
                "CUSTOMER_ID": customer,
                "TERMINAL_ID": 1,
                "TX_AMOUNT": amount,
                "TX_FRAUD": int(is_fraud),
            }
        )
        for number, (at, customer, amount, is_fraud) in enumerate(rows)
    ]


def send_events(topics: Topics, look: int) -> None:
    """Send half of the events to each partition: a watermark waits for both, and a client may fill one for long."""
    lines = events(look)
    for partition in range(2):
        records = [Sent(topics.events, None, line.encode()) for line in lines[partition::2]]
        send(topics.servers, records, partition=partition)
