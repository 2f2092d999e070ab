"""The stream of comparisons: a step of its own scores answered rows with the other variants of their experiment.

It runs in worker processes of its own in both profiles, so neither its models nor Python's lock hold up an answer.
"""

from __future__ import annotations

from pathlib import Path

from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.flink.overrides import ONE_ROW, table_options
from jobs.flink.sql import View
from jobs.pipeline.steps import apply, computed_once
from jobs.sinks.files import write_text
from jobs.sinks.inserts import Inserts
from jobs.sinks.kafka import create_kafka_text_sink
from udfs.columns.side_columns import SHADOW
from udfs.functions.compare_shadows import CompareShadows

# Much longer than a row of a stream that trickles waits for its call: 4.5 s.
_LONGEST_WAIT_S = 10.0
_COLLECT_MS = 500
# Nobody waits for comparisons, and each call takes a core from the answers for a few milliseconds. PyFlink looks once
# in the time of a bundle for bundles of that age, which are a bit younger at the first look: calls come every 4 s.
_SEVERAL = {
    "python.fn-execution.bundle.size": "4096",
    "python.fn-execution.bundle.time": "2000",
    "python.fn-execution.arrow.batch.size": "4096",
}


def add_shadows(
    session: FlinkSession, settings: Settings, inserts: Inserts, job: JobSettings, scored: View, output: Path
) -> View:
    """Add the insert of comparisons into a folder of ``output`` or the job's topic; return what shadows said.

    Args:
        session: of the job.
        settings: of models and experiments.
        inserts: all other inserts; this one comes last, so that it moves no other operator's uid.
        job: owner of the rows.
        scored: view with the column ``__shadow``; a stream, for it is read here apart from the others.
        output: folder of the run.
    """
    source_topics, sink = job.source.kafka, job.sink.kafka
    is_endless = source_topics is not None and source_topics.stop == "never"
    to_topic = sink is not None and sink.comparisons is not None
    # A batch of an endless stream, or a single event of the latency profile, is too little for a call of its own, and
    # a caller waits for its answer.
    is_live = is_endless or settings.execution.profile == "latency"
    function = CompareShadows(
        job,
        settings.ml,
        _LONGEST_WAIT_S if is_endless else None,
        "ARRAY<STRING>" if to_topic else "BYTES",
        gives_way=is_live,
    )
    source = _apart(session, scored, collect_ms=_COLLECT_MS if is_live else None)
    options = _SEVERAL if is_live else ONE_ROW
    with table_options(session, options):
        compared = computed_once(session, apply(session, source, "compared", function, profile="throughput"))
    lines = f"FROM {compared.name} WHERE __comparisons IS NOT NULL"
    if sink is not None and to_topic:
        create_kafka_text_sink(session, "comparisons", job, sink)
        each = f"(SELECT __comparisons {lines}) CROSS JOIN UNNEST(__comparisons) AS `lines` (line)"
        inserts.add(f"INSERT INTO comparisons SELECT line FROM {each}")
    else:
        write_text(inserts, "comparisons", f"SELECT __comparisons {lines}", output / "comparisons", kind="BYTES")
    return compared


def _apart(session: FlinkSession, scored: View, *, collect_ms: int | None) -> View:
    """Return the rows that shadows score as a view whose readers run on threads of their own.

    Args:
        session: of the job.
        scored: view with the column ``__shadow``.
        collect_ms: how long rows are collected before they are sent on; None: as long as those of the job are.
    """
    rows = session.tables.sql_query(f"SELECT {SHADOW} FROM {scored.name} WHERE {SHADOW} IS NOT NULL")
    # In a chain with what makes the answers, shadows would hold these up. Each task has the rows of one task before
    # it, in their order: by the time of one, those of another would be late.
    stream = session.tables.to_data_stream(rows)
    if collect_ms is not None:
        # In the latency profile each row is sent at once, and would wake the thread of the shadows.
        stream._j_data_stream.getTransformation().setBufferTimeout(collect_ms)
    apart = session.tables.from_data_stream(stream.rescale())
    session.tables.create_temporary_view("shadow_rows", apart)
    return View("shadow_rows", ((SHADOW, "BYTES"),))
