from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.runtimes.gpu.bound_run import BoundRun
from models.runtimes.gpu.gpu_session import GpuSession
from models.runtimes.gpu.open_session import CPU
from tests.support.sample_models import net_score, onnx_net

X = np.random.default_rng(3).normal(size=(300, 20)).astype(np.float32)


@pytest.fixture
def session(tmp_path: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(onnx_net("n")(tmp_path).read_bytes(), providers=[CPU])


def bound(session: Any, least_bytes: int = 0) -> BoundRun:
    import onnxruntime

    return BoundRun(onnxruntime, session, ("cpu", 0), least_bytes=least_bytes)


def test_bound_batch_has_the_same_scores(session: Any) -> None:
    name = session.get_inputs()[0].name
    x = X[:, : session.get_inputs()[0].shape[1]]
    feeds = {name: np.ascontiguousarray(x)}
    (found,) = bound(session).run(["score"], feeds)
    assert np.allclose(found, net_score({"x": x})["score"], atol=1e-6)
    before = found.copy()
    bound(session).run(["score"], {name: feeds[name] * 0})
    assert np.array_equal(found, before), "results belong to the caller"


def test_small_batches_and_texts_are_not_bound(session: Any) -> None:
    runs = bound(session, least_bytes=X.nbytes)
    assert runs.fits({"x": X})
    assert not runs.fits({"x": X[:-1]})
    assert not bound(session).fits({"x": X, "country": np.array(["DE"] * 300, dtype=object)})


class Outputs:
    def __init__(self, *types: str) -> None:
        self.types = types

    def get_outputs(self) -> list[Any]:
        return [type("Node", (), {"type": each})() for each in self.types]


@pytest.mark.parametrize("kind", ["tensor(string)", "seq(map(int64,tensor(float)))"])
def test_outputs_that_no_device_holds_are_not_bound(kind: str) -> None:
    assert bound(Outputs("tensor(int64)", "tensor(float)")).fits({"x": X})
    assert not bound(Outputs("tensor(float)", kind)).fits({"x": X})


def test_session_binds_what_fits(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    width = session.get_inputs()[0].shape[1]
    large, small = np.ascontiguousarray(X[:, :width]), np.ascontiguousarray(X[:2, :width])
    runs = bound(session, least_bytes=large.nbytes)
    on_gpu = GpuSession(session, 0, "GPU 0", lambda: session, runs)
    calls: list[int] = []
    whole = session.run_with_iobinding
    monkeypatch.setattr(session, "run_with_iobinding", lambda *given: (calls.append(1), whole(*given)))
    assert on_gpu.run(["score"], {"x": large})[0].shape == (300, 1)
    assert on_gpu.run(["score"], {"x": small})[0].shape == (2, 1)
    assert calls == [1]
