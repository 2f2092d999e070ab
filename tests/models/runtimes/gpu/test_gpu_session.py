from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from models.runtimes.gpu.gpu_session import GpuSession
from models.runtimes.gpu.open_session import CPU, CUDA
from tests.support.fake_gpus import FakeOrt, FakeSession, X

LOST = RuntimeError("CUDA failure 700: an illegal memory access was encountered ; GPU=0\nat line 7")


class EPFail(Exception):
    pass


def session_on(ort: FakeOrt) -> tuple[GpuSession, FakeSession]:
    inner = ort.InferenceSession(b"", None, [(CUDA, {}), CPU], 0)
    return GpuSession(inner, 3, "GPU 3 (H100)", lambda: ort.InferenceSession(b"", None, [CPU])), inner


@pytest.mark.parametrize(
    "error", [LOST, EPFail("gone"), RuntimeError("CUBLAS failure 14"), RuntimeError("x: CUDNN failure 5000")]
)
def test_gpu_that_fails_is_left_for_the_cpu(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    ort = FakeOrt()
    session, inner = session_on(ort)
    assert (session.device, session.problem) == ("cuda:3", None)
    inner.failure = error
    with caplog.at_level(logging.ERROR):
        results = [session.run(["y"], {"x": X})[0].tolist() for _ in range(2)]
    assert results == [[[2.0], [-4.0]]] * 2
    assert session.device == "cpu"
    assert session.get_providers() == [CPU]
    assert session.problem is not None
    assert session.problem.reason == "lost"
    (record,) = caplog.records
    assert record.message.startswith(f"GPU 3 (H100) failed while the model served: {str(error).splitlines()[0]}; rest")
    assert len(ort.opened) == 2


@pytest.mark.parametrize(
    "text", ["Failed to allocate memory for requested buffer of size 99", "Reshape: input of 3 rows", "terminate flag"]
)
def test_batch_that_fails_does_not_cost_the_gpu(text: str) -> None:
    session, inner = session_on(FakeOrt())
    inner.failure = RuntimeError(text)
    with pytest.raises(RuntimeError, match=text):
        session.run(["y"], {"x": X})
    inner.failure = None
    session.run(["y"], {"x": X})
    assert (session.device, session.problem) == ("cuda:3", None)


def test_error_of_the_cpu_after_the_gpu_is_the_models() -> None:
    ort = FakeOrt()
    session, inner = session_on(ort)
    inner.failure = LOST
    session.run(["y"], {"x": X})
    ort.opened[-1].failure = RuntimeError("CUDA failure, says a model that is only named so")
    with pytest.raises(RuntimeError, match="only named so"):
        session.run(["y"], {"x": X})


def test_threads_that_lose_the_gpu_at_once_open_the_model_once() -> None:
    ort = FakeOrt()
    session, inner = session_on(ort)
    both = Barrier(2)

    def fail_together(*_: Any) -> Any:
        both.wait(5)
        raise LOST

    inner.run = fail_together  # type: ignore[method-assign]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: session.run(["y"], {"x": X})[0].tolist(), range(2)))
    assert found == [[[2.0], [-4.0]]] * 2
    assert len(ort.opened) == 2
