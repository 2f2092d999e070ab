from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.runtimes.gpu.bound_run import BIND_FROM_BYTES
from models.runtimes.gpu.gpu_problem import GpuProblem
from models.runtimes.gpu.gpu_session import GpuSession
from models.runtimes.gpu.open_session import CPU, CUDA, Gpus, OpenedSession, open_session
from models.runtimes.gpu.probe import probe_gpu
from models.runtimes.options import RuntimeOptions
from tests.support.fake_gpus import CPU_WHEEL, FakeBinding, FakeOrt, FakeSession, X, gpus_of, no_gpus


def opened(ort: FakeOrt, gpus: Gpus, *ids: int) -> OpenedSession:
    return open_session(ort, b"model", ort.SessionOptions, RuntimeOptions(enable_gpu=True, gpu_device_ids=ids), gpus)


def test_gpu_is_used_where_it_is_asked_for(tmp_path: Path) -> None:
    ort = FakeOrt()
    found = opened(ort, gpus_of(tmp_path, "H100"))
    assert found.problem is None
    assert isinstance(found.session, GpuSession)
    assert (found.session.device, found.session.get_providers()[0]) == ("cuda:0", CUDA)
    assert found.session.run(["y"], {"x": X})[0].tolist() == [[2.0], [-4.0]]
    assert ort.opened[0]._model_bytes is None, "the bytes are kept once, not twice"


def test_cpu_is_used_where_no_gpu_is_asked_for(tmp_path: Path) -> None:
    ort = FakeOrt()
    found = open_session(ort, b"model", ort.SessionOptions, RuntimeOptions(), gpus_of(tmp_path, "H100"))
    assert (found.problem, found.session.asked) == (None, [CPU])


def test_numbers_stay_as_exact_as_on_the_cpu_and_memory_is_shared(tmp_path: Path) -> None:
    ort = FakeOrt()
    opened(ort, gpus_of(tmp_path, "A", "B"), 1)
    (name, options), after = ort.opened[0].asked
    assert (name, after) == (CUDA, CPU)
    assert options == {
        "device_id": "1",
        "use_tf32": "0",
        "cudnn_conv_algo_search": "HEURISTIC",
        "arena_extend_strategy": "kSameAsRequested",
    }


CASES = {
    "wheel for the CPU": (FakeOrt(CPU_WHEEL), ["H100"], "no_provider", "has no CUDA.* only Azure.*gress-ml.gpu"),
    "no driver": (FakeOrt(), "libcuda.so.1: no such file", "no_driver", "libcuda.so.1: no such file; install NVIDIA"),
    "absent device": (FakeOrt(), ["A", "B"], "no_device", "names GPU 2, 7, and this process sees 2, counted from 0"),
    "left out": (FakeOrt(left_out=[CUDA]), ["A"] * 8, "not_usable", r"left GPU 2 \(A\) out without an error"),
    "refused": (FakeOrt(refused=RuntimeError("out of\nmemory")), ["A"] * 8, "not_usable", r"GPU 2 \(A\): out of; "),
    "trees": (FakeOrt(kernels={CPU: ["TreeEnsemble", "Cast"]}), ["A"] * 8, "no_kernel", "on GPU 2.*: Cast, TreeEns"),
}


@pytest.mark.parametrize(("ort", "names", "reason", "text"), CASES.values(), ids=CASES)
def test_model_goes_to_the_cpu_with_the_reason(
    ort: FakeOrt, names: list[str] | str, reason: str, text: str, tmp_path: Path
) -> None:
    gpus = gpus_of(tmp_path, *names) if isinstance(names, list) else Gpus(no_gpus(names))
    found = opened(ort, gpus, 2, 7)
    assert found.problem is not None
    assert found.problem.reason == reason
    with pytest.raises(AssertionError, match=text):
        raise AssertionError(found.problem)
    assert ort.opened[-1].asked == [CPU]
    assert found.session.run(["y"], {"x": X})[0].tolist() == [[2.0], [-4.0]]


def test_large_batches_are_bound_to_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound: list[int] = []
    original = FakeSession.run_with_iobinding

    def count(self: FakeSession, binding: FakeBinding, options: Any = None) -> None:
        bound.append(len(binding.feeds["x"]))
        original(self, binding, options)

    monkeypatch.setattr(FakeSession, "run_with_iobinding", count)
    session = opened(FakeOrt(), gpus_of(tmp_path, "A", "B"), 1).session
    rows = BIND_FROM_BYTES // 4
    for size in (rows, rows - 1):
        (found,) = session.run(["y"], {"x": np.ones((size, 1), np.float32)})
        assert found.shape == (size, 1)
        assert np.all(found == 2)
    assert bound == [rows]


def test_part_of_a_model_on_the_cpu_is_no_problem(tmp_path: Path) -> None:
    ort = FakeOrt(kernels={CPU: ["Scaler"], CUDA: ["Gemm"]})
    assert opened(ort, gpus_of(tmp_path, "A")).problem is None


def test_older_runtime_does_not_tell_where_operators_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("tests.support.fake_gpus.FakeSession.get_provider_graph_assignment_info")
    assert opened(FakeOrt(kernels={CPU: ["TreeEnsemble"]}), gpus_of(tmp_path, "A")).problem is None


def test_model_that_the_cpu_refuses_too_is_refused(tmp_path: Path) -> None:
    class Broken(FakeOrt):
        def InferenceSession(self, *args: Any, **named: Any) -> Any:
            msg = "no model"
            raise ValueError(msg)

    with pytest.raises(ValueError, match="no model"):
        opened(Broken(), gpus_of(tmp_path, "A"))


def test_probe_says_provider_and_device(tmp_path: Path) -> None:
    assert probe_gpu(FakeOrt(), (1,), gpus_of(tmp_path, "A", "H100")) == f"{CUDA} on GPU 1 (H100)"


def test_probe_of_a_machine_without_gpu_says_why() -> None:
    import onnxruntime

    found = probe_gpu(onnxruntime)
    if not isinstance(found, GpuProblem):
        pytest.skip("this machine has a GPU")
    assert found.reason in ("no_provider", "no_driver", "not_usable")


def test_model_of_the_probe_is_one() -> None:
    import onnxruntime

    from models.runtimes.gpu.probe import _RELU

    session = onnxruntime.InferenceSession(_RELU, providers=[CPU])
    assert session.run(None, {"x": X})[0].tolist() == [[1.0], [0.0]]
