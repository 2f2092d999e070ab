"""A small job with an experiment that has a verdict, and what it sends of lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conf.loading.loader import settings_from
from conf.settings import Settings
from state.drift.rows import split_texts
from state.verdicts.outcomes import Outcomes
from tests.support.job_settings import FIELDS, SPECS
from tests.support.lines import line_column
from tests.support.tiny_models import write_linear, write_picky
from udfs.columns.packed_texts import bytes_in
from udfs.columns.side_columns import OUTCOMES, only_value
from udfs.functions.score_lines import ScoreLines
from udfs.parsing.lines import JsonLines

SIZE = 120
START_MS = 1_700_000_000_000
LINEAR, PICKY = "1.0.0", "3.0.0"
"""Versions of the model; the picky one fails for amounts over 9."""

Events = Sequence[Mapping[str, Any]]


def events(size: int = SIZE) -> list[dict[str, Any]]:
    """Events of as many cards, each amount below 9, every third without an outcome."""
    return [
        {
            "id": number,
            "at": START_MS + number,
            "card": f"card {number}",
            "amount": number % 9 + 0.25,
            "size": 2.0,
            "is_new": None if number % 5 == 0 else number % 2 == 0,
            **({} if number % 3 == 0 else {"truth": number % 2}),
        }
        for number in range(size)
    ]


def experiment(
    *metrics: Mapping[str, Any], name: str = "test", versions: Sequence[str] = (LINEAR, LINEAR), **given: Any
) -> dict[str, Any]:
    """Return an experiment of variants v0, v1, ... with equal weights."""
    variants = [
        {"name": f"v{place}", "model_name": "m", "model_version": version, "weight": 100 / len(versions)}
        for place, version in enumerate(versions)
    ]
    verdict = {"metrics": list(metrics) or [{"of": "errors", "role": "guardrail", "margin": 0.1}]}
    settings = {"name": name, "strategy": "hash", "split_key": "card", "variants": variants, "verdict": verdict}
    return settings | given


def judged_settings(
    folder: Path, *experiments: Mapping[str, Any], label: str | None = "truth", truth: str = "long"
) -> Settings:
    """Return the settings of a job in these experiments."""
    paths = {LINEAR: write_linear(folder / "linear"), PICKY: write_picky(folder / "picky")}
    models = [{"name": "m", "version": version, "type": "onnx", "path": str(path)} for version, path in paths.items()]
    fields = {**FIELDS, "truth": {"type": truth, "required": False}}
    job = {
        "name": "j",
        "events": {"id": "id", "key": "card", "time": "at", "label": label, "fields": fields},
        "features": {"name": "f", "specs": list(SPECS)},
        "inference": {"model_name": "m", "model_version": LINEAR},
    }
    testing = {"enabled": True, "experiments": list(experiments)}
    # A busy machine is no slow model: rows of a late batch would be errors.
    inference = {"max_latency": "60s"}
    ml = {"enabled": True, "models": models, "inference": inference, "ab_testing": testing, "metrics": {"port": 0}}
    return settings_from({"ml": ml, "job": job})


def score(settings: Settings, given: Events) -> Mapping[str, Sequence[Any]]:
    """Return what scoring of the events' lines gives."""
    assert settings.job is not None
    function = ScoreLines(settings.job, settings.ml, JsonLines(settings.job.events.fields))
    function.open()
    try:
        return function.score(line_column([json.dumps(event) for event in given]).tolist())
    finally:
        function.close()


def sent(settings: Settings, given: Events) -> list[Outcomes]:
    """Return the outcomes that scoring of the events' lines sends."""
    text = only_value(score(settings, given)[OUTCOMES])
    return [] if text is None else [Outcomes.from_bytes(bytes_in(each)) for each in split_texts(text)]
