"""Columns of predictions that hold an experiment's unit, its outcome, and the values of its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conf.experiments.ab_testing import ExperimentSettings
from conf.experiments.experiment_choice import unit_field
from conf.experiments.verdict import MetricSettings
from conf.settings import JobSettings
from jobs.errors import fail, refuse
from udfs.row_columns import Column
from udfs.rows import pick, predictions_of
from udfs.verdicts.settings import verdict_of

_ALWAYS = ("event_time", "experiment", "variant", "propensity", "reason", "truth")


@dataclass(frozen=True)
class RowColumns:
    """Columns to read for an experiment.

    Attributes:
        columns: all of them, each once, in the order of the rows.
        unit: name of the one that has the unit.
        score: name of the one that has the score.
        fields: column of each event field that a metric reads.
        metrics: metrics that the rows hold.
        left_out: parts of the verdict that the rows do not hold, each with the reason.
    """

    columns: tuple[Column, ...]
    unit: str
    score: str
    fields: Mapping[str, str]
    metrics: tuple[MetricSettings, ...]
    left_out: Mapping[str, str]


def row_columns(job: JobSettings, experiment: ExperimentSettings) -> RowColumns:
    """Return the columns that hold an experiment with a verdict.

    Raises:
        JobError: rows have no column with the unit, or none with the value of a goal or guardrail.
    """
    unit, score = _unit_column(job, experiment), job.inference.output_field
    verdict, metrics, left_out = verdict_of(experiment), [], {}
    if verdict.paired:
        left_out["the verdict on the same rows"] = "it rests on shadows, which predictions do not tell"
    for each in verdict.metrics:
        problem = _problem_of(each, job)
        if problem is None:
            metrics.append(each)
        elif each.role == "signal":
            left_out[f"signal {each.title!r}"] = problem[0]
        else:
            fail(f"experiment {experiment.name!r}: {each.role} {each.title!r}", *problem)
    fields = {each.field: _column_of(each.field, job) or "" for each in metrics if each.field is not None}
    names = {unit, score, *_ALWAYS, *fields.values()}
    table = predictions_of(job)
    ordered = [column.name for column in table if column.name in names]
    return RowColumns(pick(table, *ordered), unit, score, fields, tuple(metrics), left_out)


def _unit_column(job: JobSettings, experiment: ExperimentSettings) -> str:
    field = unit_field(experiment, job.events)
    found = _column_of(field, job)
    if found is None:
        expected = f"rows with its units, which are values of the event field {field!r}"
        refuse(f"experiment {experiment.name!r}", expected, "rows without it", _carrying(field))
    return found


def _column_of(field: str, job: JobSettings) -> str | None:
    """Return the column that has the values of an event field; None: rows do not have them."""
    events = job.events
    by_role = {events.id: "event_id", events.key: "key", events.label: "truth"}
    return field if field in job.carried else by_role.get(field)


def _problem_of(metric: MetricSettings, job: JobSettings) -> tuple[str, str] | None:
    """Return why rows do not hold a metric, and the remedy; None: they hold it."""
    if metric.of == "latency":
        what = "leave it out, or make it a signal, which is left out here"
        return "rows have the latency of their batch, not that of their variant", what
    if metric.field is not None and _column_of(metric.field, job) is None:
        return f"rows do not have the event field {metric.field!r}", _carrying(metric.field)
    return None


def _carrying(field: str) -> str:
    return f"run the job with it carried: job.sink.fields=[{field}]"
