"""Events as a file of JSON Lines."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write_events(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Write events, a line each, compressed where the name ends in ``.gz``; equal events give an equal file."""
    lines = (json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows)
    if path.suffix != ".gz":
        path.write_bytes(b"".join(lines))
        return
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.writelines(lines)
