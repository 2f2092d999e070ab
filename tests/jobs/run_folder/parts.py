"""The type of the fixture that writes part files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

WriteParts = Callable[[str, Sequence[dict[str, Any]]], Path]
