"""A job's labels, as the parser and the join take them."""

from __future__ import annotations

from conf.settings import EventSettings, JobSettings, LabelsSettings
from state.labels.settings import JoinTimes
from state.sql import SqlColumns
from udfs.functions.parse_lines import event_columns
from udfs.labels.prediction_parts import ID, TIME, prediction_columns
from udfs.labels.settings import JoinSide, LabelSettings

LABEL_TIME, LABEL = "__label_time", "__label"


def labels_of(job: JobSettings) -> LabelsSettings:
    """Return the settings of labels, which the caller knows to be there."""
    if job.labels is None:
        msg = f"job {job.name!r}: expected labels, got none"
        raise ValueError(msg)
    return job.labels


def label_events(labels: LabelsSettings) -> EventSettings:
    """Return labels as events, which is how they are read and parsed."""
    events = EventSettings(id=labels.id, key=labels.id, time=labels.time, label=labels.label, fields=labels.fields)
    return events.model_copy(update={"watermark_delay_ms": labels.watermark_delay_ms})


def label_columns(id_kind: str) -> SqlColumns:
    """Return the columns of parts of labels: id, time and label."""
    return (ID, id_kind), (LABEL_TIME, "BIGINT"), (LABEL, "DOUBLE")


def id_kind_of(job: JobSettings) -> str:
    """Return the SQL type of the ids of events and labels."""
    return dict(event_columns(job.events))[job.events.id]


def join_settings(job: JobSettings, *, has_samples: bool) -> LabelSettings:
    """Return the settings of a job's join of predictions with labels.

    Args:
        job: it has labels.
        has_samples: predictions carry the values that a learner needs.
    """
    labels, kind = labels_of(job), id_kind_of(job)
    return LabelSettings(
        predictions=JoinSide(prediction_columns(kind, has_samples=has_samples), ID, TIME),
        labels=JoinSide(label_columns(kind), ID, LABEL_TIME),
        label=LABEL,
        times=JoinTimes(labels.ttl_ms, labels.early_ms, labels.late_ms),
        negative=labels.missing_label,
    )
