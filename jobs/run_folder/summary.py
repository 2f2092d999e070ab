"""Figures of a finished run, counted from its output and compared with its input."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from conf.folders.whole_file import whole_file
from jobs.run_folder.arrow import arrow_schema, read_json_parts
from jobs.run_folder.label_counts import count_labels
from jobs.run_folder.learning_figures import learning_figures
from jobs.run_folder.model_versions import ModelVersions
from jobs.run_folder.part_files import LineCounter, line_blocks
from jobs.run_folder.row_counts import Counts
from models.metrics import auc_roc, average_precision
from udfs.rows import SCORE, pick, prediction_row

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "summary.json"


@dataclass(frozen=True)
class Summary:
    """Figures of a run.

    Attributes:
        events: rows in the input, counted apart from the job.
        predictions: rows scored.
        alerts: predictions over the threshold.
        dead_letters: rows not scored, with a reason each.
        seconds: from the start of the job to its end.
        rows_per_s: events in these seconds, the start of Flink included.
        start_s: the part of these seconds that went by before the first row.
        rows_per_s_from_first: events in the seconds from the first row on.
        latency_us: percentiles of the time to score a batch, by name.
        versions: predictions by version, by ``MODEL@VERSION`` where several models made them.
        about: tags and description of each version that has some.
        reasons: dead letters by reason.
        auc_roc: with labels 0 and 1 only, and both.
        average_precision: with labels 0 and 1 only, and both.
        variants: predictions by experiment and variant, as ``EXPERIMENT: VARIANT``.
        verdicts: the last verdict on each variant, as ``EXPERIMENT: VARIANT``.
        labels: rows by what became of them, where labels come in a stream of their own.
        learning: figures of what each model learnt, where a job learns.
        evaluation: figures of predictions and baselines, by measure, where a job compares them.
        uncounted: why the last rows of a stopped run could not be counted.
    """

    job: str
    events: int
    predictions: int
    alerts: int
    dead_letters: int
    seconds: float
    rows_per_s: float
    model: str | None = None
    version: str | None = None
    feature_set: str | None = None
    latency_us: dict[str, float] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    auc_roc: float | None = None
    average_precision: float | None = None
    start_s: float | None = None
    rows_per_s_from_first: float | None = None
    variants: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    learning: dict[str, dict[str, float | str]] = field(default_factory=dict)
    evaluation: dict[str, dict[str, float]] = field(default_factory=dict)
    uncounted: str | None = None

    @property
    def hint(self) -> str:
        """The likely cause, where most rows have no prediction; "" where they have one."""
        rows = self.predictions + self.dead_letters
        if 2 * self.reasons.get("late", 0) >= max(rows, 1):
            share = "every row was" if self.reasons["late"] == rows else "most rows were"
            return (
                f"{share} late: behind the watermark. A run that goes on from a state (--resume, --from-savepoint) "
                "keeps its watermark; for older events, or those of a new broker, start with a new --output, or with "
                "--overwrite"
            )
        return "no row has a prediction; each dead letter says why" if self.dead_letters == rows > 0 else ""

    @property
    def adds_up(self) -> bool:
        """Whether every event became one prediction or one dead letter."""
        return self.events == self.predictions + self.dead_letters

    def write(self, path: Path) -> None:
        """Write the figures as JSON; those that do not apply are left out."""
        figures = {name: value for name, value in asdict(self).items() if value is not None}
        with whole_file(path) as part:
            part.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def summarise(
    output: Path, *, job: str, events: int | None, seconds: float, output_field: str = SCORE
) -> Summary:
    """Read the folders of a run and return its figures; without a number of events it is that of the rows written."""
    table = _predictions(output / "predictions", output_field)
    reasons = count_reasons(output / "dead_letters")
    events = len(table) + sum(reasons.values()) if events is None else events
    scored_by = ModelVersions.of(table)
    quality = _quality(table["truth"].to_numpy(), table[output_field].to_numpy())
    return Summary(
        job=job,
        events=events,
        predictions=len(table),
        alerts=LineCounter(output / "alerts").poll(),
        dead_letters=sum(reasons.values()),
        seconds=round(seconds, 3),
        rows_per_s=round(events / seconds, 1) if seconds else 0.0,
        model=scored_by.model,
        version=scored_by.version,
        feature_set=_first(table, "feature_set"),
        latency_us=_percentiles(table["latency_us"].to_numpy()),
        versions=scored_by.rows,
        reasons=dict(reasons),
        variants=_variants(table),
        verdicts=last_verdicts(output / "verdicts"),
        labels=count_labels(output),
        learning=learning_figures(output),
        **quality,
    )


def summary_of_counts(
    counts: Counts, *, job: str, reasons: Mapping[str, int], events: int | None = None
) -> Summary:
    """Return the figures of a run from its counts; an unknown number of events is that of the rows written."""
    summary = Summary(
        job=job,
        events=counts.rows if events is None else events,
        predictions=counts.predictions or 0,
        alerts=counts.alerts,
        dead_letters=counts.dead_letters,
        seconds=0.0,
        rows_per_s=0.0,
        reasons=dict(reasons),
    )
    return with_rates(summary, counts)


def with_rates(summary: Summary, counts: Counts) -> Summary:
    """Return a summary with the seconds and rates of this run, without the rows of those that it continues from."""
    return replace(
        summary,
        seconds=round(counts.seconds, 3),
        rows_per_s=round(counts.rows_per_s, 1),
        start_s=round(counts.start_s, 3),
        rows_per_s_from_first=round(counts.rows_per_s_from_first, 1),
    )


def count_reasons(folder: Path) -> Counter[str]:
    """Return the dead letters in a folder's final part files by reason."""
    import orjson

    return Counter(
        orjson.loads(line)["reason"] for block in line_blocks(folder) for line in block.splitlines()
    )


def _predictions(folder: Path, output_field: str) -> pa.Table:
    import pyarrow as pa

    names = (output_field, "model", "version", "feature_set", "latency_us", "truth", "experiment", "variant")
    schema = arrow_schema(pick(prediction_row(output_field), *names))
    tables = list(read_json_parts(folder, schema))
    return pa.concat_tables(tables) if tables else schema.empty_table()


def _variants(table: pa.Table) -> dict[str, int]:
    """Return the predictions of each experiment's variants, those of the first ones first."""
    counted = table.group_by(["experiment", "variant"]).aggregate([([], "count_all")]).to_pylist()
    found = {f"{row['experiment']}: {row['variant']}": row["count_all"] for row in counted if row["experiment"]}
    return dict(sorted(found.items()))


def last_verdicts(folder: Path) -> dict[str, str]:
    """Return action and first reason of the last look at each variant."""
    import orjson

    records = (orjson.loads(line) for block in line_blocks(folder) for line in block.splitlines())
    last: dict[str, dict[str, Any]] = {}
    for record in records:
        name = f"{record['experiment']}: {record['variant']}{' on the same rows' if record['is_paired'] else ''}"
        if name not in last or record["looked_at"] >= last[name]["looked_at"]:
            last[name] = record
    return {name: f"{record['action']}: {record['reasons'][0]}" for name, record in sorted(last.items())}


def _first(table: pa.Table, name: str) -> str | None:
    value: str | None = table[name][0].as_py() if len(table) else None
    return value


def _percentiles(latency_us: NDArray[Any]) -> dict[str, float]:
    if not len(latency_us):
        return {}
    values = np.percentile(latency_us, [50, 95, 99])
    return dict(zip(("p50", "p95", "p99"), (round(float(value), 1) for value in values), strict=True))


def _quality(truth: NDArray[Any], score: NDArray[Any]) -> dict[str, Any]:
    known = truth[np.isfinite(truth)]
    labels, scores = known > 0.5, score[np.isfinite(truth)]
    if not np.isin(known, (0, 1)).all() or not labels.any() or labels.all():
        # Numbers and several classes have no ranking of two kinds.
        return {}
    return {
        "auc_roc": round(float(auc_roc(labels, scores)), 6),
        "average_precision": round(float(average_precision(labels, scores)), 6),
    }
