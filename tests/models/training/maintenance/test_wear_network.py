from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from models.training.maintenance.wear_network import WearNetwork, answers_of, train_wear_network, write_wear_network


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(3_000, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def network(features: np.ndarray) -> WearNetwork:
    hours = np.round(100 * np.exp(-features[:, 0]))
    return train_wear_network(features, hours <= 24, hours)


def test_file_gives_both_answers_of_the_layers(network: WearNetwork, features: np.ndarray, tmp_path: Path) -> None:
    write_wear_network(network, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    chance, hours = session.run(["failure_chance", "hours_left"], {"features": features[:100]})
    wanted = answers_of(network, features[:100])
    np.testing.assert_allclose(chance[:, 0], wanted[0], atol=1e-5)
    np.testing.assert_allclose(hours[:, 0], wanted[1], rtol=1e-3, atol=1e-3)


def test_answers_follow_the_remaining_life(network: WearNetwork, features: np.ndarray) -> None:
    chance, hours = answers_of(network, features)
    truth = np.round(100 * np.exp(-features[:, 0]))
    assert ((chance > 0.5) == (truth <= 24)).mean() > 0.93
    near = truth <= 48
    assert np.median(np.abs(hours - truth)[near]) < 10
