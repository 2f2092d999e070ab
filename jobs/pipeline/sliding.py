"""Windows and trackers over packed rows: a keyed stage a key field adds their columns, functions run on parts.

lines ── pack ──► parts ──► stage of the first key ──► stage of the second key ──► parts with windows
           └─ malformed, late ──► dead letters ◄── late ─┘

Rules of this file:

- A part holds the rows of a batch whose keys are of one shard. Flink sees parts, never rows.
- A row is judged late once, where it comes in: by the function that packs it where one task reads all rows in order,
  else by the first stage, which has the watermarks of all tasks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from conf.settings import EventSettings, JobSettings, Settings
from jobs.flink.environment import FlinkSession, batch_rows
from jobs.flink.overrides import ONE_ROW, run_in_thread, table_options
from jobs.flink.shards import keyed_parts, shard_labels
from jobs.flink.sql import View, create_view
from jobs.pipeline.quiet import with_end_of_silence
from jobs.pipeline.steps import Profile, apply, computed_once
from jobs.pipeline.timed_parts import parts_in, timed_parts, with_contents
from jobs.pipeline.window_plans import filter_problems, keyed_plans
from jobs.saved_state.operators import TRACKERS_UID, WINDOWS_UID
from jobs.sources.kafka import RECORD_COLUMNS, SOURCE_TIME
from jobs.sources.pieces import PieceView
from state.sliding.plan import SlidingPlan
from state.sql import SqlColumns, identifier
from state.trackers.plan import TrackerPlan
from udfs.features.feature_set import FeatureSet
from udfs.functions.parse_lines import LINE, RECORD_TIME, event_columns
from udfs.functions.vector_function import VectorFunction
from udfs.parsing.lines import LineFormat
from udfs.pieces.pack_pieces import PackPieces
from udfs.windows.arrays import INDEX, PART, PLACE, row_expressions
from udfs.windows.keyed_windows import MOST_ROWS
from udfs.windows.late_rows import LateLetters
from udfs.windows.pack_lines import PackLines

if TYPE_CHECKING:
    from pyflink.datastream import DataStream


@dataclass(frozen=True)
class PartViews:
    """Views of a job whose windows run on packed rows, before the model.

    Attributes:
        parts: one row a part, column ``__part``.
        columns: columns of a part: the event's, those of its record that pass, and the windows'.
        rejected: rows that are dead letters already.
    """

    parts: View
    columns: SqlColumns
    rejected: View


def window_parts(
    session: FlinkSession,
    settings: Settings,
    job: JobSettings,
    features: FeatureSet,
    lines: View,
    line_format: LineFormat,
    *,
    keep: Iterable[str],
) -> PartViews:
    """Turn lines into parts with windows.

    Args:
        session: session to register views in.
        settings: of the job's execution.
        job: events and windows.
        features: the job's features.
        lines: view of lines.
        line_format: their format.
        keep: columns of the record beside the event's that pass the windows.
    """
    run_in_thread(session)
    profile = settings.execution.profile
    for problem in filter_problems(features, job.events):
        raise problem
    plans = keyed_plans(features, job.events)
    labels = shard_labels(settings.execution.max_parallelism)
    record = lines.only(name for name, _ in RECORD_COLUMNS)
    carried = (*LINE, *record) if record else ()
    has_source_time = SOURCE_TIME in lines.names
    pack = PackLines(
        job.events,
        line_format,
        plans[0].key,
        labels,
        carried,
        job.carried,
        judges_late=not has_source_time,
        has_record_time=bool(lines.only(name for name, _ in RECORD_TIME)),
    )
    kept = [name for name, _ in record] + ([SOURCE_TIME] if has_source_time else [])
    if isinstance(lines, PieceView):
        timed, letters_of_packed = _packed_pieces(session, lines, pack, job.events)
    else:
        packed = with_contents(session, apply(session, lines, "packed", pack, profile=profile, keep=kept))
        timed = letters_of_packed = timed_parts(session, packed, job.events, has_source_time=has_source_time)
    stages = _Stages(session, job, labels, record)
    silent_ms = job.source.kafka.idle_timeout_ms if has_source_time and job.source.kafka is not None else 0
    stream = stages.parts(timed, silent_ms)
    columns, kept_columns = pack.columns, (*event_columns(job.events), *lines.only(keep))
    windowed: list[DataStream] = []
    for plan, follows in zip(plans, [*(plan.key for plan in plans[1:]), None], strict=True):
        letters = None if windowed else stages.letters
        stream = stages.add(stream, plan, columns, kept_columns, follows=follows, letters=letters)
        windowed.append(stream)
        columns = kept_columns = (*kept_columns, *((name, "DOUBLE") for name in plan.outputs))
    rejected = _rejected(session, letters_of_packed, stages.late(windowed[0]))
    return PartViews(stages.view(stream), columns, rejected)


def run_on_parts(
    session: FlinkSession, views: PartViews, name: str, function: VectorFunction, *, profile: Profile
) -> View:
    """Run a function of parts; the new view holds its outputs once, however many read them."""
    with table_options(session, ONE_ROW):
        return computed_once(session, apply(session, views.parts, name, function, profile=profile))


def rows_of(session: FlinkSession, source: View, name: str, rows: SqlColumns) -> View:
    """Return the rows that a view holds as arrays."""
    listed = ", ".join(row_expressions(rows))
    taken = f"CROSS JOIN UNNEST({identifier(INDEX)}) AS `places` ({identifier(PLACE)})"
    return create_view(session, name, rows, f"SELECT {listed} FROM {identifier(source.name)} {taken}")


def _packed_pieces(
    session: FlinkSession, numbers: PieceView, pack: PackLines, events: EventSettings
) -> tuple[View, View]:
    """Return a view of the parts of each piece, and one of the rows that are dead letters already."""
    function = PackPieces(pack, numbers.pieces)
    with table_options(session, ONE_ROW):
        packed = apply(session, numbers, "packed", function, profile="throughput")
        timed = timed_parts(session, packed, events, has_source_time=False)
    return timed, rows_of(session, timed, "packed_letters", function.rows)


def _rejected(session: FlinkSession, packed: View, late: View) -> View:
    """Return the rows that are dead letters before the model: malformed or late ones."""
    listed = ", ".join(identifier(name) for name in late.names)
    of_packed = ", ".join("__bad_line AS __line" if name == "__line" else identifier(name) for name in late.names)
    query = (
        f"SELECT {of_packed} FROM {packed.name} WHERE __dead_letter_reason IS NOT NULL "
        f"UNION ALL SELECT {listed} FROM {late.name}"
    )
    return create_view(session, "unscored", late.columns, query)


class _Stages:
    """The stages of a job, and the streams between them."""

    def __init__(self, session: FlinkSession, job: JobSettings, labels: tuple[int, ...], record: SqlColumns) -> None:
        from pyflink.common import Types

        self._session, self._labels = session, labels
        self._type = Types.ROW([Types.INT(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
        self.letters = LateLetters(job.events, record)
        self._batch_rows = batch_rows(job.inference)
        self._allowance_ms = job.events.allowed_lateness_ms
        self._place = "" if session.place == 1 else f"{session.place}-"
        self._uid = f"{WINDOWS_UID}{self._place}"

    def parts(self, packed: View, silent_ms: int) -> DataStream:
        """Return the parts of packed batches, each with its label; silence of so long ends what waits, 0 never."""
        from udfs.windows.stage import labelled

        stream = parts_in(self._session, packed)
        if silent_ms:
            stream = with_end_of_silence(self._session, packed, stream, silent_ms)
        return stream.map(labelled, self._type).uid(f"{self._uid}labels").name("labels")

    def add(
        self,
        stream: DataStream,
        plan: SlidingPlan | TrackerPlan,
        columns: SqlColumns,
        kept: SqlColumns,
        *,
        follows: str | None,
        letters: LateLetters | None,
    ) -> DataStream:
        """Add the stage of a key."""
        from udfs.trackers.stage import TrackerStage
        from udfs.windows.part_stage import NextKey
        from udfs.windows.stage import WindowStage

        given: dict[str, Any] = {
            "kept": tuple(name for name, _ in kept),
            "follows": None if follows is None else NextKey(follows, self._labels),
            "letters": letters,
            # Rows leave the last stage for the model, a part a call.
            "most_rows": self._batch_rows if follows is None else MOST_ROWS,
            "allowance_ms": self._allowance_ms,
        }
        parts = keyed_parts(stream)
        if isinstance(plan, TrackerPlan):
            tracked = parts.process(TrackerStage(plan, columns, **given), self._type)
            return tracked.uid(f"{TRACKERS_UID}{self._place}{plan.key}").name(f"trackers by {plan.key}")
        windowed = parts.process(WindowStage(plan, columns, **given), self._type)
        return windowed.uid(f"{self._uid}{plan.key}").name(f"windows by {plan.key}")

    def late(self, stream: DataStream) -> View:
        """Return the late rows of the first stage."""
        from udfs.windows.part_stage import late_tag

        late = stream.get_side_output(late_tag(self.letters)).uid(f"{self._uid}late").name("late rows")
        self._session.tables.create_temporary_view("late_rows", self._session.tables.from_data_stream(late))
        return View("late_rows", self.letters.columns)

    def view(self, stream: DataStream) -> View:
        """Return the parts of the last stage."""
        tables = self._session.tables
        tables.create_temporary_view("windowed_parts", tables.from_data_stream(stream).alias("__label", "__part"))
        return create_view(self._session, "windowed", PART, "SELECT __part FROM windowed_parts")
