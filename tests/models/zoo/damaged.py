"""Files that are damaged, too new, incomplete or no model at all."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from tests.models.zoo.exhibits import Exhibit, Made
from tests.support.sample_models import DATA, onnx_net

_CORRUPT = r"is not a readable ONNX model: .*; it is corrupt, cut off or of another format: copy or export it again"
_NO_TFLITE = r"is not a readable TensorFlow Lite model: .*; it is corrupt, cut off or of another format"
_PAGE = b"<!DOCTYPE html><html><title>404 Not Found</title></html>\n"


def _bytes(folder: Path, *, content: bytes, suffix: str = ".onnx") -> Made:
    path = folder / f"model{suffix}"
    path.write_bytes(content)
    return Made(path)


def _cut(folder: Path, *, part: float) -> Made:
    path = onnx_net()(folder)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    return Made(path)


def _cut_tflite(folder: Path) -> Made:
    return _bytes(folder, content=(DATA / "float.tflite").read_bytes()[:830], suffix=".tflite")


def _changed(folder: Path, *, change: Callable[[onnx.ModelProto], None]) -> Made:
    path = onnx_net()(folder)
    model = onnx.load(path)
    change(model)
    onnx.save(model, path)
    return Made(path)


def _opset(model: onnx.ModelProto, *, domain: int, version: int) -> None:
    model.opset_import[domain].version = version


def _ir(model: onnx.ModelProto) -> None:
    model.ir_version = 99


def _operator(model: onnx.ModelProto) -> None:
    model.graph.node[1].op_type = "Rulu"


def _domain(model: onnx.ModelProto) -> None:
    model.graph.node[1].domain = "com.example.kernels"
    model.opset_import.append(onnx.helper.make_opsetid("com.example.kernels", 1))


def _weights(model: onnx.ModelProto, *, value: float) -> None:
    for tensor in model.graph.initializer:
        filled = np.full_like(numpy_helper.to_array(tensor), value)
        tensor.CopyFrom(numpy_helper.from_array(filled, tensor.name))


def _external(folder: Path, *, is_there: bool) -> Made:
    path = onnx_net()(folder)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    if not is_there:
        (folder / "weights.bin").unlink()
    return Made(path)


def _archive(folder: Path) -> Made:
    path = folder / "model.onnx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(onnx_net()(folder.parent), "model.onnx")
    return Made(path)


def _refused(make: Callable[[Path], Made], kind: str, refusal: str) -> Exhibit:
    return Exhibit(make, kind, refusal=refusal)


_RUNTIME = r"ONNX Runtime \d+\.\d+\.\d+"
_LOWER = "; export it for an older version, or install a newer onnxruntime$"

EXHIBITS = {
    "cut-in-half": _refused(partial(_cut, part=0.5), "cut off", _CORRUPT),
    "cut-at-the-end": _refused(partial(_cut, part=0.99), "cut off", _CORRUPT),
    "empty": _refused(partial(_bytes, content=b""), "no bytes", r"is empty \(0 bytes\)"),
    "zeros": _refused(partial(_bytes, content=bytes(4096)), "zero bytes", _CORRUPT),
    "noise": _refused(
        partial(_bytes, content=np.random.default_rng(0).bytes(4096)), "random bytes", _CORRUPT
    ),
    "web-page": _refused(partial(_bytes, content=_PAGE), "a web page", _CORRUPT),
    "pickle": _refused(partial(_bytes, content=pickle.dumps({"model": 1})), "a pickle", _CORRUPT),
    "archive": _refused(_archive, "an archive", _CORRUPT),
    "tflite-as-onnx": _refused(
        partial(_bytes, content=(DATA / "float.tflite").read_bytes()), "another format", _CORRUPT
    ),
    "other-suffix": _refused(
        partial(_bytes, content=b"x", suffix=".bin"), "another suffix", r"expected onnx, tflite, tensorflow"
    ),
    "opset-99": _refused(
        partial(_changed, change=partial(_opset, domain=0, version=99)),
        "too new",
        rf"model\.onnx needs opset 99 of ai\.onnx, {_RUNTIME} reads up to \d+{_LOWER}",
    ),
    "opset-ml-99": _refused(
        partial(_changed, change=partial(_opset, domain=1, version=99)),
        "too new",
        rf"model\.onnx needs opset 99 of ai\.onnx\.ml, {_RUNTIME} reads up to \d+{_LOWER}",
    ),
    "ir-99": _refused(
        partial(_changed, change=_ir), "too new", rf"model\.onnx has IR version 99, {_RUNTIME} reads up to \d+{_LOWER}"
    ),
    "operator": _refused(
        partial(_changed, change=_operator),
        "unknown operator",
        rf"model\.onnx has operator Rulu, which {_RUNTIME} does not know in opset 17; export it with standard",
    ),
    "operator-of-a-library": _refused(
        partial(_changed, change=_domain),
        "unknown operator",
        rf"has operator \S*Relu\S*, which {_RUNTIME} does not know.*; export it with standard operators",
    ),
    "weights-missing": _refused(
        partial(_external, is_there=False),
        "weights in a file that is not there",
        r"keeps weights in another file, and a registry keeps one; save it as one file: onnx\.save",
    ),
    "weights-elsewhere": _refused(
        partial(_external, is_there=True),
        "weights in another file",
        r"keeps weights in another file, and a registry keeps one; save it as one file: onnx\.save",
    ),
    "nan-weights": _refused(
        partial(_changed, change=partial(_weights, value=np.nan)),
        "weights of NaN",
        r"answers NaN or infinity for each of 6 rows tried; check its weights and training",
    ),
    "tflite-cut-in-half": _refused(_cut_tflite, "cut off", _NO_TFLITE),
    "tflite-web-page": _refused(partial(_bytes, content=_PAGE, suffix=".tflite"), "a web page", _NO_TFLITE),
    "tflite-zeros": _refused(partial(_bytes, content=bytes(4096), suffix=".tflite"), "zero bytes", _NO_TFLITE),
}
