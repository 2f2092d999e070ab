"""Folder of a new job: whole, or not there."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from conf.loading.loader import load_settings
from gress.new_job.fit_linear import FittedModel, fit_linear
from gress.new_job.job_yaml import REGISTRY
from gress.new_job.whole_folder import whole_folder
from jobs.errors import fail, refuse
from models.lineage import Lineage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from conf.job import JobSettings
    from udfs.features.feature_set import FeatureSet

SETTINGS, SAMPLE, TEST, README = "job.yaml", "sample.jsonl", "test_job.py", "README.md"
VERSION = "1.0.0"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class WrittenFolder:
    """A folder as it was written.

    Attributes:
        path: the folder.
        events: events of its sample.
        left_out: events that a run would not have read.
        problem: why the first of them was left out; "": none was.
        fitted: the model and its figures.
        left_out_fields: names of the sample that are no fields of the job.
    """

    path: Path
    events: int
    left_out: int
    problem: str
    fitted: FittedModel
    left_out_fields: tuple[str, ...] = ()


def write_folder(
    output: Path, yaml: str, rows: Sequence[Mapping[str, Any]], about_sample: str, now: dt.datetime
) -> WrittenFolder:
    """Fit a model on events, and write it with settings, sample, test and README; if that fails, write nothing.

    Args:
        output: a new or empty folder.
        yaml: the settings.
        rows: events by the names that they use.
        about_sample: the sample in a line of the README.
        now: time of the model's registration.

    Raises:
        ConfigError, FeatureError, JobError, ModelError: the settings or the events do not suit a run.
    """
    with whole_folder(output) as folder:
        (folder / SETTINGS).write_text(yaml, encoding="utf-8")
        job = load_settings(folder / SETTINGS, environ={}).job
        if job is None:
            refuse(f"folder {output}", "a `job:` in its settings", "none")
        written = _fill(folder, job, rows, about_sample, now)
    return WrittenFolder(output, *written)


def _fill(
    folder: Path, job: JobSettings, rows: Sequence[Mapping[str, Any]], about_sample: str, now: dt.datetime
) -> tuple[int, int, str, FittedModel]:
    """Write all but the settings; return events, those left out, the first problem and the model."""
    from udfs.features.feature_set import compile_feature_set
    from udfs.functions.parse_lines import ParseLines
    from udfs.parsing.json_lines import JsonLines

    lines = [_line(row, job) for row in rows]
    parse = ParseLines(job.events, JsonLines(job.events.fields))
    parse.open()
    batch = parse.parse(lines)
    problem = batch.problems[min(batch.problems)].error if batch.problems else ""
    kept = range(len(lines)) if batch.rows is None else batch.rows.tolist()
    if not kept:
        fail("sample", f"no event is one that a run would read: {problem}")
    (folder / SAMPLE).write_bytes(b"".join(lines[row] + b"\n" for row in kept))
    features = compile_feature_set(job.features, job.events)
    fitted = _fit(folder, job, features, batch.columns, now)
    _write_texts(folder, job.name, f"{len(kept):,} {about_sample}", fitted)
    return len(kept), len(batch.problems), problem, fitted


def _line(row: Mapping[str, Any], job: JobSettings) -> bytes:
    """Return an event's fields as a line of JSON; absent ones are left out."""
    names = [field.source or name for name, field in job.events.fields.items()]
    event = {name: row[name] for name in names if row.get(name) is not None}
    # A lone half of a surrogate pair, which JSON may spell, is no UTF-8.
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")


def _fit(
    folder: Path, job: JobSettings, features: FeatureSet, columns: Mapping[str, NDArray[Any]], now: dt.datetime
) -> FittedModel:
    """Fit a model on the labelled events, in the order of their times, and let it serve."""
    truth = np.asarray(columns[job.events.label or ""], dtype=np.float64)
    times = np.asarray(columns[job.events.time], dtype=np.int64)
    rows = np.argsort(times, kind="stable")
    rows = rows[np.isfinite(truth[rows])]
    matrix = features.transform(columns)[rows]
    for column in np.flatnonzero(np.isinf(matrix).any(axis=0)):
        refuse(f"feature {features.columns[column]!r}", "numbers below 3.4e38", "larger ones", "use another unit")
    fitted = fit_linear(matrix, truth[rows], features.columns)
    newest = dt.datetime.fromtimestamp(times[rows[fitted.trained - 1]] / 1000, tz=dt.timezone.utc)
    lineage = Lineage(job=job.name, learner="ridge", updates=fitted.trained, newest=newest)
    _register(folder, features, fitted, lineage, matrix[: fitted.trained], now)
    return fitted


def _register(
    folder: Path, features: FeatureSet, fitted: FittedModel, lineage: Lineage, rows: NDArray[Any], now: dt.datetime
) -> None:
    from models.learned.learned_version import LearnedVersion
    from models.learned.publish import publish_learned
    from models.lifecycle import promote
    from models.registry import local_registry
    from state.drift.baseline import make_baseline

    scores = fitted.model.predict(rows)
    baseline = make_baseline(rows, features.columns, scores=scores, score_names=("prediction",)).to_json()
    version = LearnedVersion(fitted.model, lineage, fitted.figures, features.name, features.hash)
    registry = local_registry(folder / REGISTRY)
    publish_learned(registry, lineage.job, VERSION, version, created_at=now, rows=rows, baseline=lambda model: baseline)
    promote(registry, lineage.job, VERSION, why="made by gress jobs new")


def _write_texts(folder: Path, name: str, about_sample: str, fitted: FittedModel) -> None:
    values = {
        "name": name,
        "sample": about_sample,
        "kind": "logistic regression" if fitted.model.link == "logistic" else "linear regression",
        "trained": f"{fitted.trained:,}",
        "figures": fitted.text,
    }
    for file, template in ((TEST, "tests.template"), (README, "readme.template")):
        text = (_TEMPLATES / template).read_text(encoding="utf-8")
        (folder / file).write_text(Template(text).substitute(values), encoding="utf-8")
