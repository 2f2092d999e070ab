"""Without a GPU the benchmark says so and prints the figures of the CPU."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as benchmark
from benchmarks.gpu.networks import NETWORKS
from benchmarks.gpu.times import bound_from, figures_of, open_network
from models.runtimes.gpu.bound_run import BIND_FROM_BYTES
from models.runtimes.gpu.open_session import open_session
from models.runtimes.options import RuntimeOptions
from models.scoring.batch_times import BatchTime, time_batches
from tests.support.fake_gpus import CPU_WHEEL, FakeOrt, X, gpus_of


def test_figures_are_those_of_a_hundred_rows_and_of_the_best_batch() -> None:
    times = [BatchTime(10, 1e-3, 2e-3), BatchTime(100, 2e-3, 5e-3), BatchTime(1000, 4e-3, 9e-3)]
    assert figures_of("small_gpu", times) == {
        "small_gpu_rows_per_s_100": 50_000,
        "small_gpu_p50_ms_100": 2.0,
        "small_gpu_p99_ms_100": 5.0,
        "small_gpu_best_batch": 1000,
        "small_gpu_rows_per_s_best": 250_000,
    }


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(prepare: Callable[[int], Callable[[], object]], *_: object, **__: object) -> tuple[BatchTime, ...]:
        return time_batches(prepare, (1, 100), limit_s=10, budget_s=0)

    monkeypatch.setattr("benchmarks.gpu.times.time_batches", few)
    monkeypatch.setattr("benchmarks.gpu.__main__.NETWORKS", {"small": NETWORKS["small"]})


def test_without_a_gpu_the_cpus_figures_come_with_the_reason(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without(ort: object, content: bytes, settings: Callable[[], object], options: RuntimeOptions) -> object:
        found = open_session(ort, content, settings, RuntimeOptions())
        problem = open_session(
            FakeOrt(CPU_WHEEL), b"", FakeOrt().SessionOptions, RuntimeOptions(enable_gpu=True), gpus_of(tmp_path)
        ).problem
        return type(found)(found.session, problem if options.enable_gpu else None)

    monkeypatch.setattr("models.runtimes.onnx.open_session", without)
    benchmark.main()
    *lines, last = capsys.readouterr().out.splitlines()
    assert any(line.startswith("no GPU, so these are figures of one core: no_provider: ") for line in lines)
    figures = json.loads(last)
    assert (figures["device"], figures["provider"]) == ("cpu", "CPUExecutionProvider")
    assert figures["ratio_document"] == pytest.approx(figures["small_cpu_rows_per_s_100"] / 100_000, abs=1e-3)
    assert not [name for name in figures if "gpu" in name]


def test_with_a_gpu_its_figures_come_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ort, gpus = FakeOrt(), gpus_of(tmp_path, "NVIDIA H100")
    monkeypatch.setattr("models.runtimes.onnx._import_onnxruntime", lambda: ort)
    monkeypatch.setattr("models.runtimes.onnx._session_options", lambda *_: ort.SessionOptions())
    monkeypatch.setattr(
        "models.runtimes.onnx.open_session",
        lambda ort, content, settings, options: open_session(ort, content, settings, options, gpus),
    )
    monkeypatch.setattr("benchmarks.gpu.__main__.NETWORKS", {"small": lambda: b"a network"})
    monkeypatch.setattr("benchmarks.gpu.times.BATCH_ROWS", (1, 100))
    assert open_network(b"a network", is_gpu=True).predict({"x": X})["y"].tolist() == [[2.0], [-4.0]]
    benchmark.main("0")
    *lines, last = capsys.readouterr().out.splitlines()
    figures = json.loads(last)
    assert (figures["device"], figures["provider"]) == ("GPU 0 (NVIDIA H100)", "CUDAExecutionProvider")
    assert figures["small_gpu_best_batch"] in (1, 100)
    assert figures["ratio_document"] == pytest.approx(figures["small_gpu_rows_per_s_100"] / 100_000, abs=1e-3)
    assert figures["bind_from_bytes"] == BIND_FROM_BYTES
    assert figures["small_bound_from_bytes"] in (4, 400, None)
    assert [line.partition(":")[0] for line in lines if "bound" in line] == [
        *("small on gpu, 4 bytes of inputs", "small on gpu, 400 bytes of inputs")
    ]


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [({1: 0.5, 10: 1.2, 100: 0.9, 1000: 1.0}, 1000), ({1: 1.0, 10: 2.0}, 1), ({1: 2.0, 10: 0.99}, None)],
    ids=["last that is slower counts", "all", "none"],
)
def test_binding_pays_from_the_size_after_which_none_is_slower(ratios: dict[int, float], expected: int | None) -> None:
    assert bound_from(ratios) == expected
