"""Folders of finished runs, as a job leaves them, without a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from jobs.run_folder.parquet import convert_json_parts
from jobs.run_folder.summary import Summary, summarise
from udfs.rows import prediction_row

Row = dict[str, Any]
START = dt.datetime(2018, 4, 1, tzinfo=dt.timezone.utc)


def prediction(index: int, **changed: object) -> Row:
    """A row of predictions, ten minutes after the one before; a value of None leaves a column out."""
    row = {
        "event_id": f"tx-{index}",
        "event_time": utc(START + dt.timedelta(minutes=10 * index)),
        "key": str(index % 7),
        "prediction": round((index * 0.37) % 1, 6),
        "label": "0",
        "scores": [0.5, 0.5],
        "model": "fraud-detector",
        "version": "2.0.0",
        "checksum": "19490747de51072a",
        "feature_set": "127f856c8068d9b3",
        "status": "ok",
        "latency_us": 200 + 37 * (index % 90),
    } | changed
    return {name: value for name, value in row.items() if value is not None}


def labelled_predictions(count: int, seed: int = 0) -> list[Row]:
    """Rows of two versions in turn and two variants, nine in ten with a label that their scores tell something of."""
    rng = np.random.default_rng(seed)
    truth = rng.random(count) < 0.2
    score = (1 / (1 + np.exp(-rng.normal(-2, 1, count) - 3 * truth))).round(6)
    return [
        prediction(
            index,
            prediction=float(score[index]),
            version="2.0.0" if index < count // 2 else "3.0.0",
            variant="control" if index % 3 else "treatment",
            truth=float(truth[index]) if index % 10 else None,
        )
        for index in range(count)
    ]


def dead_letters(**rows: int) -> list[Row]:
    """So many rows by reason."""
    return [
        {"value": f'{{"row": {index}}}', "reason": name, "category": "parse", "error": f"{name} {index}"}
        for name, count in rows.items()
        for index in range(count)
    ]


def drift_change(minute: int, name: str, **changed: object) -> Row:
    """A change that a detector found in a column, so many minutes after the first window began."""
    finding = {"name": name, "role": "feature", "measure": "adwin", "statistic": -0.25, "p": None, "q": None}
    return {
        "window_start": "2018-04-01T00:00:00.000Z",
        "window_end": f"2018-04-01T00:{minute:02d}:00.000Z",
        "model": "fraud",
        "version": "1.0.0",
        "rows": 640,
        "score": 0.7,
        "is_drift": True,
        "findings": [{**finding, "is_drift": True, "score": 0.7}],
        "quality": None,
    } | changed


def drift_window(index: int, scores: dict[str, float], **changed: object) -> Row:
    """A window of an hour with a finding for each column; over 0.5 it is drift."""
    start = START + dt.timedelta(hours=index)
    findings = [
        {"name": name, "role": "feature", "measure": "psi", "statistic": score / 2, "p": 0.1, "q": 0.1,
         "is_drift": score > 0.5, "score": score}
        for name, score in scores.items()
    ]  # fmt: skip
    return {
        "window_start": utc(start),
        "window_end": utc(start + dt.timedelta(hours=1)),
        "model": "fraud-detector",
        "version": "2.0.0",
        "rows": 100,
        "score": max(scores.values(), default=0.0),
        "is_drift": max(scores.values(), default=0.0) > 0.5,
        "findings": findings,
        "quality": {"outcomes": 90, "auc_roc": 0.9 - 0.01 * index, "calibration_error": 0.02},
    } | changed


def utc(time: dt.datetime) -> str:
    """A time as a job writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_run(folder: Path, *, is_parquet: bool = False, **rows: Sequence[Row]) -> Summary:
    """Write part files by name of the folder, ``timeline`` to its file, and the summary that the launcher makes."""
    folder.mkdir(parents=True, exist_ok=True)
    if "timeline" in rows:
        (folder / "timeline.jsonl").write_bytes(_lines(rows.pop("timeline")))
    for name, content in rows.items():
        (folder / name).mkdir()
        middle = len(content) // 2
        (folder / name / "part-0-0").write_bytes(_lines(content[:middle]))
        (folder / name / "part-1-0").write_bytes(_lines(content[middle:]))
    events = len(rows.get("predictions", ())) + len(rows.get("dead_letters", ()))
    summary = summarise(folder, job="fraud-detection", events=events, seconds=12.5)
    summary.write(folder / "summary.json")
    if is_parquet:
        convert_json_parts(folder, prediction_row())
    return summary


def write_full_run(folder: Path, count: int = 900) -> Summary:
    """A run with something in every part of the page."""
    rows = labelled_predictions(count)
    features = [f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW" for days in (1, 7, 30)] + ["TX_AMOUNT", "TX_DURING_NIGHT"]
    rng = np.random.default_rng(1)
    return write_run(
        folder,
        predictions=rows,
        alerts=[row for row in rows if row["prediction"] > 0.7],
        dead_letters=dead_letters(malformed=20, late=5, wrong_type=1),
        drift=[
            drift_window(index, {name: float(score) for name, score in zip(features, rng.random(5), strict=True)})
            for index in range(48)
        ],
        timeline=[
            {"seconds": float(second), "rows": 75 * second, "alerts": second, "dead_letters": second}
            for second in range(1, 13)
        ],
    )


def _lines(rows: Sequence[Row]) -> bytes:
    return b"".join(orjson.dumps(row) + b"\n" for row in rows)
