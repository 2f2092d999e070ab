"""A run, from its request to the end: prepared, planned, executed, counted."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.catalogue import find_job
from jobs.flink.environment import FlinkSession, is_submitted, open_session, python_of_workers
from jobs.flink.jvm.collection import planning
from jobs.flink.root_cause import naming_unread_options
from jobs.pipeline.pieces import input_uid, reads_pieces
from jobs.pipeline.scoring import has_windows
from jobs.run_folder.claim import check_free, put_back
from jobs.run_folder.owner import SAVEPOINTS, note_owner, wait_for_owner
from jobs.run_folder.row_counts import Counts
from jobs.run_folder.summary import FILE, Summary
from jobs.runs.counting import watch_rows
from jobs.runs.endless import StopResult, add_connector, is_endless, wait_until_stopped
from jobs.runs.execution import execute, one_line_failure
from jobs.runs.finish import finish, finish_without_flink, has_all_rows
from jobs.runs.hidden_values import hiding_values
from jobs.runs.local_options import local_options
from jobs.runs.prepare import PreparedRun, RunRequest, prepare
from jobs.runs.saved_state import (
    check_engine,
    check_goes_on,
    check_input,
    check_sinks,
    recovery_options,
    refuse_without_state,
    saved_state,
    state_of,
)
from jobs.runs.watches.final_checkpoint import FinalCheckpoint
from jobs.runs.watches.mini_cluster import keeping_task_manager
from jobs.runs.watches.stages import Stages, StartWatch
from jobs.signals import terminable
from jobs.sinks.inserts import Inserts
from jobs.sources.kafka import KafkaInput
from jobs.sources.lines import is_read_in_turn
from udfs.metrics.exporter import forget_ended, hold_for_scrape

if TYPE_CHECKING:
    from pyflink.common import JobClient


# Events up to which a run is over before the JVM's second compiler pays off.
_SHORT_RUN = 100_000


def show_nothing(counts: Counts, total: int | None) -> None:
    """Show no progress."""


def run(
    request: RunRequest,
    show: Callable[[Counts, int | None], None] = show_nothing,
    stages: Stages | None = None,
) -> Summary | StopResult:
    """Run a scoring job: on bounded input to its end, on a stream until it is stopped.

    Args:
        request: job, input, output and settings.
        show: called with the counts so far and the number of events, None where it is unknown, about once a second.
        stages: stopwatch of the start; None: it is not measured.

    Raises:
        ConfigError, FeatureError, ModelError, JobError: the request cannot work; nothing was started or written.
    """
    # `gress submit` ends Flink's client with SIGTERM once the cluster has the job, which must go on.
    with nullcontext() if is_submitted() else terminable():
        return _run(request, show, stages or Stages())


def _run(request: RunRequest, show: Callable[[Counts, int | None], None], stages: Stages) -> Summary | StopResult:
    stages.end("imports")
    if not is_submitted():
        check_free(request.output)
        wait_for_owner(request.output)
        put_back(request.output)
    find_job(request.job)
    state = saved_state(request)
    prepared = prepare(request, needs_model=True, ended=stages.end)
    with prepared.claim:
        return _run_prepared(prepared, request, state, show, stages)


def _run_prepared(
    prepared: PreparedRun,
    request: RunRequest,
    state: str | None,
    show: Callable[[Counts, int | None], None],
    stages: Stages,
) -> Summary | StopResult:
    check_goes_on(state, prepared.files)
    if not is_submitted():
        python_of_workers(prepared.settings.execution)
    events = _count_events(prepared)
    if events is not None and _needs_no_flink(prepared, events, state, is_resuming=request.is_resuming):
        return finish_without_flink(prepared, events=events, output_format=request.output_format)
    if request.is_resuming and state is None:
        refuse_without_state(request.output)
    if not is_submitted():
        forget_ended(prepared.settings.ml.metrics)
    stages.end("input")
    # Threads that count rows start before the submission: between build and submission none may collect Java's objects.
    with hiding_values(prepared.settings), naming_unread_options(), ExitStack() as planned:
        planned.enter_context(planning())
        session, port = _open(prepared, request, state, events)
        stages.end("JVM")
        if not is_submitted():
            note_owner(prepared.output)
        inserts = _build(session, prepared, request.job)
        endless = is_endless(prepared.files)
        has_folders = prepared.job.sink.kafka is None
        is_bounded = not endless and prepared.settings.execution.checkpoint_interval_ms > 0
        folder = prepared.output if has_folders else None
        watch = _start_watch(stages, planned, port, folder, is_bounded=is_bounded, submitted=prepared.claim.keep)
        if endless:
            return _run_endless(inserts, prepared, request, show, watch)
        with watch_rows(prepared, lambda counts: show(counts, events)) as rows:
            execute(inserts, request.job, watch, prepared.output)
    summary = finish(rows, events=events, output_format=request.output_format)
    # The summary is written before the wait, which Ctrl-C may cut short.
    if not is_submitted():
        hold_for_scrape(prepared.settings.ml.metrics)
    return summary


def _open(
    prepared: PreparedRun, request: RunRequest, state: str | None, events: int | None
) -> tuple[FlinkSession, str | None]:
    """Return the session of a run, and the port of its mini-cluster's REST API; None: the job runs on a cluster."""
    restarts = 3 if prepared.job.sink.jdbc is None else 0
    endless = is_endless(prepared.files)
    extra = local_options(prepared.job.name, request.output, restarts=restarts, is_endless=endless)
    if state is not None:
        extra |= recovery_options(state)
    session = open_session(
        prepared.settings,
        flink_conf=request.flink_conf,
        extra=extra,
        is_endless=endless,
        is_short=request.is_all and events is not None and events <= _SHORT_RUN,
        moves_blocks=request.is_all and reads_pieces(prepared.settings, prepared.job, prepared.files),
    )
    return session, extra.get("rest.port")


def _build(session: FlinkSession, prepared: PreparedRun, name: str) -> Inserts:
    """Return what a job writes, if the job fits the state from which its session starts."""
    state = state_of(session)
    check_engine(state, prepared.settings)
    check_sinks(state)
    check_input(state, input_uid(prepared.settings, prepared.job, prepared.files))
    add_connector(session, prepared.job, prepared.files)
    build = importlib.import_module(find_job(name).module).build
    inserts: Inserts = build(session, prepared.settings, prepared.job, prepared.files, prepared.output)
    return inserts


def _needs_no_flink(prepared: PreparedRun, events: int, state: str | None, *, is_resuming: bool) -> bool:
    if state is not None or is_submitted():
        return False
    if is_resuming:
        return has_all_rows(prepared.output, events)
    return events == 0 and prepared.job.sink.jdbc is None


def _run_endless(
    inserts: Inserts,
    prepared: PreparedRun,
    request: RunRequest,
    show: Callable[[Counts, int | None], None],
    watch: Callable[[], AbstractContextManager[object]],
) -> StopResult:
    if is_submitted():
        with planning():
            inserts.execute()
        return StopResult(None)
    with watch_rows(prepared, lambda counts: show(counts, None), is_resuming=request.is_resuming) as rows:
        with planning():
            client: JobClient = inserts.execute()
        with watch(), one_line_failure(request.job, prepared.output), keeping_task_manager(client):
            stopped = wait_until_stopped(client, prepared.output / SAVEPOINTS)
    summary = rows.summary()
    summary.write(prepared.output / FILE)
    return replace(stopped, summary=summary)


def _start_watch(
    stages: Stages,
    planned: ExitStack,
    port: str | None,
    output: Path | None,
    *,
    is_bounded: bool,
    submitted: Callable[[], None],
) -> Callable[[], AbstractContextManager[object]]:
    """Return a function that watches a job that was submitted to this process's mini-cluster: its start and its end.

    Args:
        stages: stopwatch of the start.
        planned: contexts that end with the submission.
        port: that of Flink's REST API; None: the job runs on a cluster.
        output: folder of the run; None: its rows go elsewhere.
        is_bounded: the job ends by itself, with a checkpoint.
        submitted: called with the submission.
    """

    @contextmanager
    def begin() -> Iterator[None]:
        planned.close()
        submitted()
        stages.end("planning")
        with ExitStack() as watched:
            if port is not None:
                address = f"127.0.0.1:{port}"
                watched.enter_context(StartWatch(stages, address, output))
                if is_bounded:
                    watched.enter_context(FinalCheckpoint(address))
            yield

    return begin


def _count_events(prepared: PreparedRun) -> int | None:
    if isinstance(prepared.files, KafkaInput):
        return None
    in_turn = reads_pieces(prepared.settings, prepared.job, prepared.files) or is_read_in_turn(
        prepared.files,
        is_ordered=has_windows(prepared.job),
        parallelism=prepared.settings.execution.parallelism,
    )
    return prepared.files.count_events(in_turn=in_turn)
