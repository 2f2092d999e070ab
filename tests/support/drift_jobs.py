"""A small job whose model has a baseline, so that its drift is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from conf.settings import JobSettings, MlSettings
from models.inspect import spec_from_file
from models.spec import spec_text
from tests.state.drift.record_golden import baseline_document
from tests.support.job_settings import MakeSettings
from tests.support.tiny_models import write_picky
from udfs.functions.score_lines import ScoreLines
from udfs.parsing.lines import JsonLines

NAMES = ("amount", "size", "per_size")
AT = 1_522_540_831_000
BASELINE = baseline_document(np.arange(60.0).reshape(20, 3), NAMES, np.linspace(0, 1, 20))


def write_with_baseline(folder: Path) -> Path:
    """The picky model, with a model.json that has a baseline."""
    path = write_picky(folder)
    spec = spec_from_file(path, "m", "1.0.0", feature_columns=NAMES, baseline=BASELINE)
    path.with_name("model.json").write_text(spec_text(spec), "utf-8")
    return path


def line(number: int, **changed: Any) -> str:
    row = {"id": number, "at": AT + number, "card": "c", "amount": number, "size": 2, "is_new": number % 2 == 0}
    return json.dumps(row | changed)


def lines_of(job: JobSettings, ml: MlSettings) -> ScoreLines:
    return ScoreLines(job, ml, JsonLines(job.events.fields))


def configured(make_settings: MakeSettings, sample: float) -> tuple[JobSettings, MlSettings]:
    settings = make_settings(write=write_with_baseline, ml={"drift": {"enabled": True, "sample": sample}})
    assert settings.job is not None
    events = settings.job.events.model_copy(update={"label": "is_new"})
    return settings.job.model_copy(update={"events": events}), settings.ml
