"""Kafka topics as a table of lines with the key, headers and position of each record.

Rules of this file:

- A record without a value is a line, too: the connector passes it on as NULL, and parsing gives the reason.
- The source makes the watermarks. Each partition has its own, and the slowest counts. A watermark made after parsing
  would follow the fastest partition of a task, and while a job catches up the rows of other partitions would be late.
- For the watermarks the source reads the event's time in SQL. A time that it cannot read moves no watermark. Parsing
  alone decides whether a row is good, and what its time is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from conf.settings import EventSettings, JobSettings, KafkaSourceSettings
from jobs.errors import JobError, refuse
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View, create_table, create_view
from jobs.kafka.admin import TopicRequest, client_properties, count_partitions
from state.sql import SqlColumns, identifier, interval, literal
from udfs.functions.parse_lines import LINE, RECORD_TIME
from udfs.parsing.lines import JsonLines
from udfs.parsing.times import FIRST_MS

KAFKA = "kafka:"
"""Prefix of an ``--input`` from Kafka; topics may follow."""

SOURCE_TIME = "__source_time"
"""Column of the event time that the source reads, if windows need watermarks."""

_RECORD = (
    ("__key", "STRING", "`__key`"),
    ("__partition", "INT", "`__partition`"),
    ("__offset", "BIGINT", "`__offset`"),
    ("__headers", "STRING", "JSON_STRING(`__header_map`)"),
    (
        "__metadata",
        "STRING",
        "JSON_OBJECT('topic' VALUE `__topic`, 'key' VALUE `__key`, 'written_at' VALUE `__written_at`)",
    ),
)
RECORD_COLUMNS: SqlColumns = tuple((name, kind) for name, kind, _ in _RECORD)
"""Columns of a record beside its value: key, position, headers and the rest as text."""

PLACE_COLUMNS = ("__partition", "__offset")
"""Columns of a record's position: all that passes through the windows, whose state keeps every row for a while."""

_NOW = "CURRENT_TIMESTAMP"
WRITTEN_AT = "CASE WHEN `__written_at` >= TO_TIMESTAMP_LTZ(1293840000000, 3) THEN `__written_at` END"
"""SQL of a record's time; NULL if it is before 2011, when Kafka did not yet exist."""

_LOG = logging.getLogger(__name__)
_TABLE_COLUMNS: SqlColumns = (
    *LINE,
    ("__key", "STRING"),
    ("__topic", "STRING METADATA FROM 'topic' VIRTUAL"),
    ("__partition", "INT METADATA FROM 'partition' VIRTUAL"),
    ("__offset", "BIGINT METADATA FROM 'offset' VIRTUAL"),
    ("__header_map", "MAP<STRING, STRING> METADATA FROM 'headers' VIRTUAL"),
    ("__written_at", "TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL"),
)
_STARTS = {"earliest": "earliest-offset", "latest": "latest-offset", "committed": "group-offsets"}
_DAY, _CLOCK = r"\d{4}-\d\d-\d\d", r"([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d(\.\d{1,9})?)?)?"
_ZONE = r"[+-](0\d|1[0-7])(:?[0-5]\d)?"


@dataclass(frozen=True)
class KafkaInput:
    """Topics to read instead of files.

    Attributes:
        settings: where they are, and how they are read.
        group: consumer group.
        setting: path of the settings, for errors.
    """

    settings: KafkaSourceSettings
    group: str
    setting: str = "job.source.kafka"

    @property
    def is_bounded(self) -> bool:
        """Whether the input ends."""
        return self.settings.stop == "latest"

    def line_format(self, events: EventSettings) -> JsonLines:
        """Return the format of the records' values."""
        return JsonLines(events.fields)


def find_kafka_input(text: str, job: JobSettings, origin: str) -> KafkaInput | None:
    """Return the topics of ``--input``, or those of the settings if it is not given; None: the input is files.

    Args:
        text: ``kafka:`` or ``kafka:TOPIC,...``; files; empty: not given.
        job: settings of the job, whose ``source.kafka`` names the brokers.
        origin: origin of the settings, for the error.

    Raises:
        JobError: the input is Kafka, but the settings do not name the brokers.
    """
    settings = job.source.kafka
    if text and not text.startswith(KAFKA):
        return None
    if settings is None:
        if text:
            refuse(f"input {text}", f"job.source.kafka in {origin}", "none", "it says where the brokers are")
        return None
    topics = tuple(topic.strip() for topic in text.removeprefix(KAFKA).split(",") if topic.strip())
    if topics:
        settings = KafkaSourceSettings.model_validate({**settings.model_dump(by_alias=True), "topics": topics})
    return KafkaInput(settings, settings.group or job.name)


def create_kafka_lines(
    session: FlinkSession,
    found: KafkaInput,
    events: EventSettings,
    prefix: str = "",
    *,
    has_windows: bool,
    has_record_time: bool = False,
) -> View:
    """Register and return the view of all records, with the columns ``__line`` and ``RECORD_COLUMNS``.

    Args:
        session: session to register it in.
        found: topics to read.
        events: settings of events, which name the field of the event's time.
        prefix: start of all names that are registered, for a second input of a job.
        has_windows: the job has windows, which need watermarks; the view then has ``SOURCE_TIME`` as its row time.
        has_record_time: the view has ``RECORD_TIME``, and an event ahead of it moves no watermark. It needs windows,
            whose first step makes a dead letter of such an event.
    """
    time, watermark = _source_time(events, WRITTEN_AT if has_record_time else _NOW) if has_windows else ((), "")
    options = table_options(found, has_windows=has_windows)
    readers = _readers(found, session.env.get_parallelism()) if has_windows else None
    if readers is not None:
        options["scan.parallelism"] = str(readers)
    name = f"{prefix}kafka_records"
    create_table(session, name, (*_TABLE_COLUMNS, *time), options, last=watermark)
    times = tuple((name, "TIMESTAMP_LTZ(3)") for name, _ in time)
    record = [f"{expression} AS {identifier(name)}" for name, _, expression in _RECORD]
    written = RECORD_TIME if has_record_time else ()
    seconds = [f"CAST(EXTRACT(EPOCH FROM {WRITTEN_AT}) AS BIGINT) AS {identifier(name)}" for name, _ in written]
    taken = ["__line", *record, *seconds, *(identifier(name) for name, _ in time)]
    columns = (*LINE, *RECORD_COLUMNS, *written, *times)
    return create_view(session, f"{prefix}raw_lines", columns, f"SELECT {', '.join(taken)} FROM {name}")


def _readers(found: KafkaInput, tasks: int) -> int | None:
    """Return how many tasks read, where it is fewer than the job has: one without a partition has no watermark.

    It would hold up the windows of all others until its idle timeout. The partitions of one topic go to as many tasks
    as there are, one after the other.
    """
    settings = found.settings
    asked = TopicRequest(found.setting, settings.servers, settings.options, settings.topics, is_written=False)
    topics = ", ".join(settings.topics)
    try:
        partitions = max(count_partitions(asked).values())
    except JobError as error:
        # A submitting client may reach other machines than the cluster does.
        wait = f"with fewer partitions than the job's {tasks} tasks, rows wait {settings.idle_timeout_ms} ms at first"
        _LOG.warning("topics %s: their partitions could not be counted (%s); %s", topics, error, wait)
        return None
    if partitions >= tasks:
        return None
    _LOG.warning("topics %s: %d partitions, so %d of the job's %d tasks read", topics, partitions, partitions, tasks)
    return partitions


def _source_time(events: EventSettings, written: str) -> tuple[SqlColumns, str]:
    """Return the computed column with the event's time, and its watermark."""
    name = identifier(SOURCE_TIME)
    watermark = f"WATERMARK FOR {name} AS {name} - {interval(events.watermark_delay_ms + 1)}"
    return ((SOURCE_TIME, f"AS {event_time_sql(events, written)}"),), watermark


def table_options(found: KafkaInput, *, has_windows: bool) -> dict[str, str]:
    """Return the options of the table of all records; those of the settings win."""
    settings = found.settings
    options = {
        "connector": "kafka",
        "topic": ";".join(settings.topics),
        "properties.bootstrap.servers": settings.servers,
        "properties.group.id": found.group,
        # A record of a transaction that was aborted never was; the client's own default reads it.
        "properties.isolation.level": "read_committed",
        "key.format": "raw",
        "key.fields": "__key",
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
    }
    start, _, moment = settings.start.partition(":")
    if moment:
        options |= {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": moment}
    else:
        options["scan.startup.mode"] = _STARTS[start]
    if start == "committed":
        options["properties.auto.offset.reset"] = "earliest"
    if found.is_bounded:
        options["scan.bounded.mode"] = "latest-offset"
    if has_windows and settings.idle_timeout_ms:
        options["scan.watermark.idle-timeout"] = f"{settings.idle_timeout_ms} ms"
    return {**options, **{f"properties.{name}": value for name, value in client_properties(settings.options).items()}}


def event_time_sql(events: EventSettings, written: str = _NOW) -> str:
    """Return an SQL expression for the event's time in a line, to the second; year 1 if it is invalid or too far ahead.

    Args:
        events: they name the field.
        written: SQL expression of the time at which the line's record was written; NULL where it is unknown.

    The grammar is that of ``udfs.parsing.times``, except for zones of 18 hours and more; February 30 becomes the 28th.
    """
    steps = (events.fields[events.time].source or events.time).split(".")
    path = "$" + "".join('["' + step.replace("\\", "\\\\").replace('"', '\\"') + '"]' for step in steps)
    value = f"JSON_VALUE(CAST(`__line` AS STRING), {literal(path)} NULL ON EMPTY NULL ON ERROR)"
    clock = f"COALESCE(REGEXP_EXTRACT({value}, '^{_DAY}[Tt ](\\d\\d(:\\d\\d(:\\d\\d)?)?)', 1), '00')"
    moment = f"SUBSTRING({value}, 1, 10) || ' ' || {clock} || SUBSTRING(':00:00', CHAR_LENGTH({clock}) - 1)"
    zone = f"COALESCE(REGEXP_EXTRACT({value}, '[Tt ][0-9:.]+({_ZONE})$', 1), 'UTC')"
    is_iso = f"REGEXP({value}, '^{_DAY}([Tt ]{_CLOCK}([Zz]|{_ZONE})?)?$')"
    time = (
        f"CASE {_number_sql(value, events.fields[events.time].unit)}"
        f"WHEN {is_iso} THEN TO_TIMESTAMP_LTZ({moment}, 'yyyy-MM-dd HH:mm:ss', {zone}) END"
    )
    clock = _NOW if written == _NOW else f"COALESCE(LEAST({_NOW}, {written}), {_NOW})"
    latest = f"{clock} + {interval(events.max_ahead_ms)}"
    # A row time must not be NULL, and a time ahead of the clock would make all other rows late.
    return f"COALESCE(CASE WHEN {time} <= {latest} THEN {time} END, TO_TIMESTAMP_LTZ({FIRST_MS}, 3))"


def _number_sql(value: str, unit: str | None) -> str:
    """Return the branch of a CASE that reads a number in a unit; seconds to the second."""
    whole = f"TRY_CAST({value} AS BIGINT)"
    if unit == "iso":
        return ""
    if unit in (None, "ms"):
        return f"WHEN REGEXP({value}, '^-?\\d{{1,15}}$') THEN TO_TIMESTAMP_LTZ({whole}, 3) "
    if unit == "s":
        # The function prints a number with a fraction as Java does, such as 1.5225408005E9.
        seconds = f"CAST(FLOOR(TRY_CAST({value} AS DOUBLE)) AS BIGINT)"
        is_number = f"REGEXP({value}, '^-?\\d{{1,12}}(\\.\\d+(E\\d{{1,2}})?)?$')"
        is_small = f"ABS(TRY_CAST({value} AS DOUBLE)) < 1e12"
        return f"WHEN {is_number} AND {is_small} THEN TO_TIMESTAMP_LTZ({seconds} * 1000, 3) "
    steps, digits = (1_000, 18) if unit == "us" else (1_000_000, 19)
    # SQL divides towards zero, and parsing towards the past.
    floor = f"({whole} - CASE WHEN {whole} < 0 THEN {steps - 1} ELSE 0 END) / {steps}"
    return f"WHEN REGEXP({value}, '^-?\\d{{1,{digits}}}$') THEN TO_TIMESTAMP_LTZ({floor}, 3) "
