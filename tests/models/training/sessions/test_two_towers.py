from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from models.training.sessions.two_towers import TwoTowers, scores_of, train_two_towers, write_two_towers

ITEMS, WIDTH, REMEMBERED = 9, 4, 3
SESSIONS = np.array(
    [[0, -1, -1], [4, 8, 2], [3, 3, 5], [-1, -1, -1], [9, 40, -7], [np.nan, 2, np.nan], [8, -1, 1]], np.float32
)


@pytest.fixture(scope="module")
def towers() -> TwoTowers:
    rng = np.random.default_rng(2)
    last, session = rng.normal(0, 1, (2, ITEMS + 1, WIDTH)).astype(np.float32)
    last[0] = session[0] = 0
    return TwoTowers(last, session, *(rng.normal(0, 1, shape).astype(np.float32) for shape in ((ITEMS, WIDTH), ITEMS)))


def by_hand(towers: TwoTowers, session: np.ndarray) -> np.ndarray:
    """Scores by the formula, item by item."""
    had = [int(code) for code in session if 0 <= code < ITEMS]
    vector = np.zeros(WIDTH)
    if 0 <= session[0] < ITEMS:
        vector += towers.last[int(session[0]) + 1]
    if had:
        vector += np.mean([towers.session[code + 1] for code in had], axis=0)
    powers = np.array(
        [0.0 if item in had else np.exp(towers.items[item] @ vector + towers.bias[item]) for item in range(ITEMS)]
    )
    return powers / powers.sum()


def test_scores_are_those_of_the_formula(towers: TwoTowers) -> None:
    wanted = [by_hand(towers, session) for session in SESSIONS]
    np.testing.assert_allclose(scores_of(towers, SESSIONS), wanted, rtol=1e-4, atol=1e-7)


def test_file_gives_the_same_scores_and_none_to_what_a_session_has_had(towers: TwoTowers, tmp_path: Path) -> None:
    write_two_towers(towers, REMEMBERED, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    (found,) = session.run(["scores"], {"features": SESSIONS})
    np.testing.assert_allclose(found, [by_hand(towers, each) for each in SESSIONS], rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert found[1, [4, 8, 2]].tolist() == [0, 0, 0]
    assert session.run(["scores"], {"features": SESSIONS[:0]})[0].shape == (0, ITEMS)


def test_training_learns_what_follows_an_item_and_what_a_session_is_about() -> None:
    # After 2 comes 3 in sessions with 5, and 4 in those with 6; after 5, with the same items, 6; first of all comes 2.
    sessions = np.array([[0, -1], [2, 5], [2, 6], [5, 2], [-1, -1]], np.float32)
    following = np.array([1, 3, 4, 6, 2])
    drawn = np.random.default_rng(1).integers(0, len(sessions), 20_000)
    towers = train_two_towers(sessions[drawn], following[drawn], 7, width=4)
    found = scores_of(towers, sessions)
    assert found.argmax(axis=1).tolist() == following.tolist()
    assert found[:4].max(axis=1).min() > 0.8
    assert not towers.last[0].any()
    assert not towers.session[0].any()
