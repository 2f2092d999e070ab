"""Texts for ONNX files that ONNX Runtime refuses: the versions and names of its message, without its source code."""

from __future__ import annotations

import re
from pathlib import Path

from models.errors import ModelError
from models.runtimes.model_file import unreadable

_LOWER = "export it for an older version, or install a newer onnxruntime"
_UNKNOWN = "export it with standard operators; those of other libraries cannot be scored"
_LOCALE = "install it where jobs run (package locales-all of Debian), or export the model with lowercase=False"

_TEXTS = (
    (r"Opset (\d+) is under development.*support for domain (\S+) is till opset (\d+)",
     "needs opset {0} of {1}, {runtime} reads up to {2}", _LOWER),
    (r"Unsupported model IR version: (\d+), max supported IR version: (\d+)",
     "has IR version {0}, {runtime} reads up to {1}", _LOWER),
    (r"[Nn]o [Oo]p registered for (\S+) with domain_version of (\d+)",
     "has operator {0}, which {runtime} does not know in opset {1}", _UNKNOWN),
    (r"(\S+) is not a registered function/op", "has operator {0}, which {runtime} does not know", _UNKNOWN),
    (r"Failed to construct locale with name:([\w.@-]+)",
     "changes the case of texts by the rules of locale {0}, which this machine does not have", _LOCALE),
)  # fmt: skip


def refusal(path: Path, content: bytes, kind: str, error: Exception) -> ModelError:
    """Return the error for a file that ONNX Runtime does not load."""
    import onnxruntime

    runtime = f"ONNX Runtime {onnxruntime.__version__}"
    for pattern, problem, fix in _TEXTS:
        found = re.search(pattern, str(error), re.DOTALL)
        if found is not None:
            return ModelError.of_file(path, problem.format(*found.groups(), runtime=runtime), fix)
    return unreadable(path, content, kind, _plain(error))


def _plain(error: Exception) -> str:
    """Return the runtime's reason without its codes and paths."""
    return re.sub(r"^\[ONNXRuntimeError\].*?failed:\s*", "", str(error).strip(), flags=re.DOTALL)
