"""The rows that a job writes, column by column: one table of predictions, one of dead letters.

All else about these rows is derived from the tables: the SQL that fills the sinks in ``jobs/sinks/rows.py``, the text
that workers write in ``udfs/functions/prediction_texts.py``, Parquet files, the summary, the report and the tables of
the documentation. To add a column, add its line here; where its value is new, make the value too: that of a
``StepColumn`` of predictions in ``udfs/functions/batch_scoring.py``, that of a ``RecordColumn`` in
``jobs/sources/kafka.py``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from conf.settings import FieldSettings, JobSettings
from udfs.row_columns import (
    CarriedField,
    Column,
    EventField,
    ExperimentColumn,
    Expression,
    FirstOf,
    RecordColumn,
    StepColumn,
)

DECIMAL_DIGITS = 38
"""Digits of a decimal, before and after the point: the most that SQL and Arrow have."""

_FIELD_KINDS = MappingProxyType(
    {
        "long": "BIGINT",
        "double": "DOUBLE",
        "string": "STRING",
        "boolean": "BOOLEAN",
        "timestamp": "TIMESTAMP_LTZ(3)",
    }
)


SCORE = "prediction"
"""Name of the column that ``job.inference.output_field`` renames."""

_MATCH = (
    "Whether both have the same class; without classes, whether both are on one side of the alert threshold, else of "
    "their models' own; without a threshold, whether the scores are equal to 1e-6."
)
_RANK = (
    "The shadow's rank minus the other's: shares of training rows with a lower score, each by its own model's "
    "baseline; none without baselines."
)
_ENCODING = (
    "`utf-8`, or `base64` where the row's bytes are no text; where `value` is only the row's beginning, as a record of "
    "Kafka would be too large, also its length and hash: `; cut from N bytes of sha256 HEX`."
)
_PROPENSITY = "Probability with which the row's unit got the variant; none where the default variant stands in."

PREDICTION = (
    Column("event_id", "STRING", EventField("id"), "Id of the event, in the type of its field."),
    Column("event_time", "TIMESTAMP_LTZ(3)", EventField("time"), "Time of the event, in UTC."),
    Column("key", "STRING", EventField("key"), "Key of the event."),
    Column(SCORE, "DOUBLE", StepColumn("__prediction"), "Score; `job.inference.output_field` renames the column."),
    Column("label", "STRING", StepColumn("__label"), "Most probable class, where the model has classes."),
    Column("scores", "ARRAY<DOUBLE>", StepColumn("__scores"), "Score of each class, where the model has classes."),
    Column("model", "STRING", StepColumn("__model"), "Name of the model that scored the row."),
    Column("version", "STRING", StepColumn("__version"), "Version of the model that scored the row."),
    Column("checksum", "STRING", StepColumn("__checksum"), "First 16 digits of the SHA-256 of the model's file."),
    Column("feature_set", "STRING", StepColumn("__feature_set"), "Hash of the feature set that the model was given."),
    Column("experiment", "STRING", ExperimentColumn("__experiment"), "Experiment that the row takes part in."),
    Column("variant", "STRING", ExperimentColumn("__variant"), "Variant of the experiment that answers the row."),
    Column("propensity", "DOUBLE", ExperimentColumn("__propensity"), _PROPENSITY),
    Column("status", "STRING", StepColumn("__status"), "`ok`, `fallback:VERSION` or `default`."),
    Column("reason", "STRING", StepColumn("__status_reason"), "Why the status is not `ok`."),
    Column("latency_us", "BIGINT", StepColumn("__latency_us"), "Microseconds from columns to scores, for the batch."),
    Column("truth", "DOUBLE", EventField("label"), "Outcome, where the event carries it."),
)
"""A prediction, and an alert."""

TOP_CLASSES = Column(
    "top_classes",
    "STRING",
    StepColumn("__top_classes"),
    'Best classes, where the model has any, and their scores, as JSON: `[["tea",0.5],["milk",0.2]]`.',
)
"""The column after those of ``PREDICTION``, where `job.sink.top_classes` is set."""

SERVED = Column(
    "features",
    "STRING",
    StepColumn("__features"),
    "Features that the model was given, in its order, as JSON: `[0.1,null]`; null where one is not computable.",
)
"""The last column of predictions, where `job.sink.features` is set."""

DEAD_LETTER = (
    Column("key", "STRING", FirstOf((EventField("key"), RecordColumn("__key"))), "Key of the event or of its record."),
    Column("value", "STRING", Expression("{value}"), "The row as it came; past the windows, its fields as JSON."),
    Column("encoding", "STRING", Expression("{encoding}"), _ENCODING),
    Column("event_time", "TIMESTAMP_LTZ(3)", EventField("time"), "Time of the event, where it could be read, in UTC."),
    Column("headers", "STRING", RecordColumn("__headers"), "Headers of the Kafka record, as JSON."),
    Column("partition", "INT", RecordColumn("__partition"), "Partition of the Kafka record."),
    Column("offset", "BIGINT", RecordColumn("__offset"), "Offset of the Kafka record."),
    Column("reason", "STRING", StepColumn("__dead_letter_reason"), "Why the row was given up."),
    Column("category", "STRING", Expression("{category}"), "`parse`, `event_time` or `scoring`."),
    Column("operator", "STRING", Expression("{operator}"), "Job and step that gave the row up."),
    Column("failed_at", "TIMESTAMP_LTZ(3)", Expression("CURRENT_TIMESTAMP"), "When the row was given up, in UTC."),
    Column("retry_count", "INT", Expression("0"), "Retries before the row was given up: none in this version."),
    Column("error", "STRING", StepColumn("__dead_letter_error"), "What was expected, and what was found."),
    Column("metadata", "STRING", RecordColumn("__metadata"), "Topic, key and time of the Kafka record, as JSON."),
)
"""A row that has no prediction."""


COMPARISON = (
    Column("event_id", "STRING", EventField("id"), "Id of the event, in the type of its field."),
    Column("event_time", "TIMESTAMP_LTZ(3)", EventField("time"), "Time of the event, in UTC."),
    Column("key", "STRING", EventField("key"), "Key of the event."),
    Column("experiment", "STRING", StepColumn("__experiment"), "Experiment that the row takes part in."),
    Column("variant", "STRING", StepColumn("__variant"), "Variant that answered the row."),
    Column("version", "STRING", StepColumn("__version"), "Version that answered the row."),
    Column(SCORE, "DOUBLE", StepColumn("__prediction"), "Score that the row got."),
    Column("label", "STRING", StepColumn("__label"), "Class that the row got, where the model has classes."),
    Column("shadow", "STRING", StepColumn("__shadow"), "Variant that scored the row beside."),
    Column("shadow_version", "STRING", StepColumn("__shadow_version"), "Version of that variant."),
    Column("shadow_prediction", "DOUBLE", StepColumn("__shadow_prediction"), "Score of that variant."),
    Column("shadow_label", "STRING", StepColumn("__shadow_label"), "Class of that variant, where it has classes."),
    Column("is_match", "BOOLEAN", StepColumn("__is_match"), _MATCH),
    Column("score_delta", "DOUBLE", StepColumn("__score_delta"), "The shadow's score minus the one that the row got."),
    Column("rank_delta", "DOUBLE", StepColumn("__rank_delta"), _RANK),
    Column("truth", "DOUBLE", EventField("label"), "Outcome, where the event carries it."),
)
"""A comparison of a shadow's prediction with the one that a row got."""


@lru_cache
def prediction_row(output_field: str = SCORE) -> tuple[Column, ...]:
    """Return the columns of a prediction, its score under the name that the job gives it."""
    return tuple(replace(column, name=output_field) if column.name == SCORE else column for column in PREDICTION)


def predictions_of(job: JobSettings) -> tuple[Column, ...]:
    """Return the columns of a job's predictions: the table's, the id in its own type, then those the sink asks for."""
    fields = job.events.fields
    table = _with_id(prediction_row(job.inference.output_field), job)
    carried = (
        Column(name, field_kind(fields[name]), CarriedField(name), f"Field `{name}` of the event.")
        for name in job.carried
    )
    return *table, *asked_columns(job), *carried


def asked_columns(job: JobSettings) -> tuple[Column, ...]:
    """Return the columns that a job's sink asks for in addition to ``PREDICTION``, without the event's fields."""
    return *((TOP_CLASSES,) if job.sink.top_classes else ()), *((SERVED,) if job.sink.features else ())


def comparisons_of(job: JobSettings) -> tuple[Column, ...]:
    """Return the columns of a job's comparisons, the id in its own type."""
    return _with_id(COMPARISON, job)


def _with_id(columns: tuple[Column, ...], job: JobSettings) -> tuple[Column, ...]:
    kind = field_kind(job.events.fields[job.events.id])
    return tuple(replace(column, kind=kind) if column.source == EventField("id") else column for column in columns)


def field_kind(field: FieldSettings) -> str:
    """Return the SQL type that the values of an event's field have in rows.

    >>> field_kind(FieldSettings(type="decimal", scale=2))
    'DECIMAL(38, 2)'
    """
    return f"DECIMAL({DECIMAL_DIGITS}, {field.scale})" if field.type == "decimal" else _FIELD_KINDS[field.type]


def decimal_scale(kind: str) -> int | None:
    """Return the digits after the point of an SQL type; None: it is no decimal.

    >>> decimal_scale("DECIMAL(38, 2)"), decimal_scale("DOUBLE")
    (2, None)
    """
    return int(kind.rstrip(")").split(",")[1]) if kind.startswith("DECIMAL") else None


def pick(columns: tuple[Column, ...], *names: str) -> tuple[Column, ...]:
    """Return the columns that are named, in the order of the names.

    >>> [column.kind for column in pick(PREDICTION, "truth", "model")]
    ['DOUBLE', 'STRING']
    """
    by_name = {column.name: column for column in columns}
    return tuple(by_name[name] for name in names)


def step_columns(columns: tuple[Column, ...]) -> tuple[tuple[str, str], ...]:
    """Return name and SQL type of the columns that the pipeline's steps add for these, in order."""
    return tuple((column.source.name, column.kind) for column in columns if isinstance(column.source, StepColumn))


def experiment_columns(columns: tuple[Column, ...]) -> tuple[tuple[str, str], ...]:
    """Return name and SQL type of the columns that experiments add for these, in order."""
    return tuple((column.source.name, column.kind) for column in columns if isinstance(column.source, ExperimentColumn))


def record_columns(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """Return the columns of the Kafka record that these read."""
    return tuple(column.source.name for column in columns if isinstance(column.source, RecordColumn))
