from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from conf.loading.loader import settings_from
from conf.settings import Settings
from tests.support.job_settings import FIELDS, SPECS, MakeSettings
from tests.support.tiny_models import Write, write_linear


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings of a small job with a tiny model; `inference`, `specs`, `ml` and how to write the model may be given."""

    def make(
        *,
        write: Write = write_linear,
        specs: Any = SPECS,
        inference: dict[str, Any] | None = None,
        ml: dict[str, Any] | None = None,
        **entry: Any,
    ) -> Settings:
        model = {"name": "m", "version": "1.0.0", "type": "onnx", "path": str(write(tmp_path))}
        job = {
            "name": "j",
            "events": {"id": "id", "key": "card", "time": "at", "fields": FIELDS},
            "features": {"name": "f", "specs": list(specs)},
            "inference": {"model_name": "m", "model_version": "1.0.0", **(inference or {})},
        }
        given: dict[str, Any] = {"enabled": True, "models": [{**model, **entry}], **(ml or {})}
        # A busy machine is no slow model: rows of a late batch would go to the next one.
        given["inference"] = {"max_latency": "60s", **given.get("inference", {})}
        return settings_from({"ml": given, "job": job})

    return make
