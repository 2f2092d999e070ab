"""Kafka topics that a job reads and writes (`job.source.kafka`, `job.sink.kafka`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator
from typing_extensions import Self

from conf.jdbc import JdbcSinkSettings
from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs, PositiveDurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Flag, Name, Whole, matching

_OPTION = r"[a-z][a-z0-9._-]*"

# Properties that a setting of ours or the connector itself decides.
_OWNED = {
    "bootstrap.servers": "servers",
    "group.id": "group",
    "transactional.id": "transaction_prefix",
    "transaction.timeout.ms": "transaction_timeout",
    "key.deserializer": "",
    "value.deserializer": "",
    "key.serializer": "",
    "value.serializer": "",
}


def _owned_are_left_out(options: Mapping[str, str]) -> Mapping[str, str]:
    refusals = [
        Refusal(
            "a property that no setting of ours decides",
            (name,),
            f"set {_OWNED[name]} instead" if _OWNED[name] else "leave it out",
        )
        for name in options
        if name in _OWNED
    ]
    if refusals:
        raise validation_error(*refusals)
    return options


def _at_least_one(topics: tuple[str, ...]) -> tuple[str, ...]:
    if not topics:
        raise validation_error(Refusal("at least one topic"))
    return topics


Servers = Annotated[
    str, matching(r"[^\s,:/]+:\d{1,5}(,[^\s,:/]+:\d{1,5})*", "host:port, or several with commas between them")
]
"""Bootstrap servers of a Kafka cluster: ``host:port[,host:port]``."""

Topic = Annotated[str, matching(r"[A-Za-z0-9._-]{1,249}", "letters, digits, '.', '_' or '-', 249 at most")]
"""Name of a topic."""

Topics = Annotated[tuple[Topic, ...], AfterValidator(_at_least_one)]

Start = Annotated[
    str,
    matching(
        r"earliest|latest|committed|timestamp:\d{1,15}",
        "earliest, latest, committed or timestamp:MILLISECONDS since 1970",
    ),
]
"""Position in the topics at which reading starts."""

PropertyName = Annotated[str, matching(_OPTION, "a property of Kafka's client, such as security.protocol")]

Properties = Annotated[Mapping[PropertyName, Name], AfterValidator(_owned_are_left_out)]
"""Properties of Kafka's own client; values are text, and secrets come from ``${ENV}``."""


class KafkaSourceSettings(FrozenSettings):
    """Topics that events come from, one JSON object a record.

    Attributes:
        servers: ``host:port``, several with commas between them.
        topics: names of the topics, at least one.
        group: consumer group; Flink commits its offsets with every checkpoint; default: the job's name and a number of
            its machine and ``--output``.
        start: ``committed`` (default; a partition without a committed offset is read from its beginning),
            ``earliest``, ``latest`` or ``timestamp:MS``. A restored job ignores it and continues from its checkpoint.
        stop: ``never`` (default) or ``latest``: the job ends at the offsets that were the latest when it started. A
            job that continues from a checkpoint, after a failure too, writes all rows but does not end by itself.
        idle_timeout_ms: a partition without a record for this long no longer holds up the windows; records that it
            then sends behind the others are late. Choose a value longer than the broker outages to be tolerated.
            YAML ``idle_timeout``, default 2m; 0s = a silent partition always holds up the windows.
        options: further properties of Kafka's consumer: SASL, TLS, fetch sizes.
    """

    kept_off_workers: ClassVar[tuple[str, ...]] = ("options",)

    servers: Servers
    topics: Topics
    group: Name | None = None
    start: Start = "committed"
    stop: Literal["never", "latest"] = "never"
    idle_timeout_ms: DurationMs = Field(default=120_000, alias="idle_timeout")
    options: Properties = Field(default_factory=dict)


TOPICS_OF_SINK = (
    *("predictions", "alerts", "dead_letters", "drift", "comparisons", "verdicts"),
    *("label_dead_letters", "unmatched", "learning"),
)
"""Settings of a sink that name a topic."""


class KafkaSinkSettings(FrozenSettings):
    """Topics that a job writes instead of the folders of a run.

    Attributes:
        servers: ``host:port``, several with commas between them.
        predictions: topic of predictions; the record key is the event's key.
        alerts: topic of alerts; needed where ``job.inference.alert_threshold`` is set.
        dead_letters: topic of dead letters.
        drift: topic of drift records, where ``ml.drift`` is enabled; default: the folder ``drift`` of ``--output``.
        verdicts: topic of verdicts on experiments; default: the folder ``verdicts`` of ``--output``.
        label_dead_letters: topic of labels that could not be read; default: the folder ``label_dead_letters`` of
            ``--output``.
        unmatched: topic of labels without a prediction and predictions without a label; default: the folder
            ``unmatched`` of ``--output``.
        learning: topic of the progress of learning; default: the folder ``learning`` of ``--output``.
        comparisons: topic of what shadows of an experiment say; default: the folder ``comparisons`` of ``--output``.
        delivery: ``exactly_once`` (default): Kafka transactions; readers in read_committed mode see the rows after
            each checkpoint. ``at_least_once``: readers see rows at once, and some of them again after a failure.
        transaction_prefix: prefix of transactional ids, unique in the Kafka cluster, as a job aborts what is open under
            its own; default: the job's name and a number of its machine and ``--output``.
        transaction_timeout_ms: how long a transaction survives while the job is down; at least the checkpoint interval
            times the checkpoints that may fail (three) and one more, and a minute for a restart; at most the broker's
            ``transaction.max.timeout.ms``. YAML ``transaction_timeout``, default 15m.
        options: further properties of Kafka's producer: SASL, TLS, compression.
    """

    kept_off_workers: ClassVar[tuple[str, ...]] = ("options",)

    servers: Servers
    predictions: Topic
    alerts: Topic | None = None
    dead_letters: Topic
    drift: Topic | None = None
    comparisons: Topic | None = None
    verdicts: Topic | None = None
    label_dead_letters: Topic | None = None
    unmatched: Topic | None = None
    learning: Topic | None = None
    delivery: Literal["exactly_once", "at_least_once"] = "exactly_once"
    transaction_prefix: Name | None = None
    transaction_timeout_ms: PositiveDurationMs = Field(default=900_000, alias="transaction_timeout")
    options: Properties = Field(default_factory=dict)

    @model_validator(mode="after")
    def _topics_differ(self) -> Self:
        topics = {name: getattr(self, name) for name in TOPICS_OF_SINK}
        named: dict[Any, str] = {}
        refusals = []
        for name, topic in topics.items():
            if topic is not None and topic in named:
                refusals.append(Refusal(f"a topic of its own, not that of {named[topic]}", (name,)))
            named.setdefault(topic, name)
        if refusals:
            raise validation_error(*refusals)
        return self


class SourceSettings(FrozenSettings):
    """Source of a job's events when no ``--input`` is given; default: generated events."""

    kafka: KafkaSourceSettings | None = None


class SinkSettings(FrozenSettings):
    """Destination of a job's rows, default: folders of ``--output``; and what predictions carry there.

    Attributes:
        fields: event fields that predictions and alerts carry, in columns of the fields' names and types behind the
            others; default none.
        top_classes: let predictions and alerts carry so many of the row's best classes, with their scores, in a column
            of that name, instead of a score for each class in ``scores``; for models with many classes. Default 0 = no
            such column.
        features: let predictions and alerts carry the features that the model was given, too, in a column of that name,
            which `gress features verify` reads; default false.
        print: print each row, too, as JSON after its kind, on the console of a run on this machine; on a cluster in
            the ``.out`` files of its TaskManagers; default false.
        kafka: topics instead of folders.
        jdbc: tables of a database that hold predictions, too.
    """

    fields: tuple[Name, ...] = ()
    top_classes: Whole = Field(default=0, ge=0)
    features: Flag = False
    print: Flag = False
    kafka: KafkaSinkSettings | None = None
    jdbc: JdbcSinkSettings | None = None
