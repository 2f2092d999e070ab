"""The frameworks a recipe needs: without them its tests are skipped, and fail where they must not be."""

from __future__ import annotations

import importlib
import os

import pytest

OPTIONAL = {"torch", "onnxscript"}  # too large for the extra `train`


def require(*names: str) -> None:
    for name in names:
        if os.environ.get("GRESS_REQUIRE_RECIPES") == "1" and name not in OPTIONAL:
            importlib.import_module(name)
        else:
            hint = "make test-pytorch" if name in OPTIONAL else "make test-recipes"
            pytest.importorskip(name, reason=f"{name} is not installed: {hint}")
