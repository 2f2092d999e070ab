from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from models.runtimes.gpu.cuda_libraries import missing_library, preload

ORT = SimpleNamespace(__file__="/env/onnxruntime/__init__.py")


def loader(text: str) -> Any:
    def load(path: str) -> None:
        assert path == "/env/onnxruntime/capi/libonnxruntime_providers_cuda.so"
        if text:
            raise OSError(text)

    return load


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        # As glibc says it, for onnxruntime-gpu 1.31.1 on a machine without CUDA.
        ("libcublasLt.so.13: cannot open shared object file: No such file or directory", "libcublasLt.so.13"),
        ("/env/onnxruntime/capi/libonnxruntime_providers_cuda.so: undefined symbol: Provider_GetHost", None),
        ("/env/onnxruntime/capi/libonnxruntime_providers_cuda.so: cannot open shared object file: No such file", None),
        ("", None),
    ],
    ids=["library", "all there", "wheel for the CPU", "loaded"],
)
def test_missing_library_is_named(text: str, missing: str | None) -> None:
    assert missing_library(ORT, loader(text)) == missing


def test_libraries_of_python_packages_are_loaded_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []

    def preload_dlls(*, directory: str) -> None:
        print("Failed to load libcudnn.so.9")  # noqa: T201
        asked.append(directory)

    preload(SimpleNamespace(preload_dlls=preload_dlls))
    preload(SimpleNamespace())
    assert asked == [""]
    assert capsys.readouterr().out == ""
