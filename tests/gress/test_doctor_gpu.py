from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conf.settings import MlInferenceSettings
from gress.doctor import Requirement
from gress.doctor_gpu import check_gpu
from models.runtimes.gpu.open_session import CUDA
from tests.support.fake_gpus import CPU_WHEEL, FakeOrt, gpus_of

ASKED = MlInferenceSettings(enable_gpu=True)
NOT_ASKED = MlInferenceSettings()
GPU_ONLY = {"onnxruntime-gpu": "1.99.0"}


def check(ort: Any, asked: MlInferenceSettings, folder: Path, versions: Mapping[str, str] = GPU_ONLY) -> Requirement:
    return check_gpu(lambda name: ort, asked, versions.get, gpus_of(folder, "H100"))


def test_gpu_is_wanted_only_where_it_is_asked_for(tmp_path: Path) -> None:
    cpu = FakeOrt(CPU_WHEEL)
    assert check(cpu, NOT_ASKED, tmp_path) == Requirement("GPU", ok=True, found=", ".join(CPU_WHEEL))
    assert not check(cpu, ASKED, tmp_path).ok


def test_gpu_that_is_used_is_named(tmp_path: Path) -> None:
    assert check(FakeOrt(), ASKED, tmp_path) == Requirement("GPU", ok=True, found=f"{CUDA} on GPU 0 (H100)")


@pytest.mark.parametrize(
    ("ort", "asked", "found", "fix"),
    [
        (
            FakeOrt(CPU_WHEEL),
            ASKED,
            "no_provider: ONNX Runtime has no CUDA",
            "gress-ml.gpu.*uninstall -y onnxruntime &&",
        ),
        (FakeOrt(left_out=[CUDA]), ASKED, "not_usable: .* left GPU 0", "CUDA and cuDNN.*; or set .*enable_gpu: false"),
        (FakeOrt(), MlInferenceSettings(enable_gpu=True, gpu_device_ids=(4,)), "no_device: .* GPU 4", "CUDA_VISIBLE"),
    ],
    ids=["wheel for the CPU", "libraries missing", "absent device"],
)
def test_gpu_that_would_not_be_used_is_a_fault_with_its_reason(
    ort: FakeOrt, asked: MlInferenceSettings, found: str, fix: str, tmp_path: Path
) -> None:
    checked = check(ort, asked, tmp_path)
    assert not checked.ok
    for text, pattern in ((checked.found, found), (checked.fix, fix)):
        with pytest.raises(AssertionError, match=pattern):
            raise AssertionError(text)


def test_two_wheels_in_one_folder_are_a_fault(tmp_path: Path) -> None:
    both = {**GPU_ONLY, "onnxruntime": "1.98.0"}
    checked = check(FakeOrt(CPU_WHEEL), ASKED, tmp_path, both)
    assert (checked.ok, checked.found) == (
        False,
        "onnxruntime 1.98.0 and onnxruntime-gpu 1.99.0 share one folder, and 1.99.0 is what is in it: "
        "AzureExecutionProvider, CPUExecutionProvider",
    )
    assert checked.fix == ("pip uninstall -y onnxruntime && pip install --force-reinstall --no-deps onnxruntime-gpu")
    assert check(FakeOrt(CPU_WHEEL), NOT_ASKED, tmp_path, both).ok


@pytest.mark.parametrize("asked", [ASKED, NOT_ASKED], ids=["asked", "not asked"])
def test_folder_that_a_removed_wheel_left_is_a_fault(asked: MlInferenceSettings, tmp_path: Path) -> None:
    checked = check(ModuleType("onnxruntime"), asked, tmp_path)
    assert (checked.ok, checked.found) == (False, "onnxruntime is an empty folder")
    assert "--force-reinstall --no-deps onnxruntime-gpu" in checked.fix


@pytest.mark.parametrize(("asked", "is_ok"), [(ASKED, False), (NOT_ASKED, True)], ids=["asked", "not asked"])
def test_missing_runtime_is_left_to_its_own_check(asked: MlInferenceSettings, is_ok: bool) -> None:
    def load(name: str) -> Any:
        msg = f"No module named {name!r}"
        raise ImportError(msg)

    checked = check_gpu(load, asked, {}.get)
    assert (checked.ok, checked.found) == (is_ok, "No module named 'onnxruntime'")
