"""Files as `gress features export` writes them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet


def exported(path: Path, *columns: str, digest: str | None = "ab12", extra: str = "id") -> Path:
    """A file as the export writes it: event fields, then features, and what it says of them."""
    table = pa.table({name: np.arange(4.0) for name in (extra, *columns)})
    about = {
        "gress.feature_set": "cards",
        "gress.feature_set_hash": digest,
        "gress.feature_columns": json.dumps(columns),
    }
    parquet.write_table(table.replace_schema_metadata(about if digest else None), path)
    return path
