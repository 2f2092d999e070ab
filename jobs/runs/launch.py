"""A run, from its request to the end: prepared, planned, executed, counted."""

from __future__ import annotations

import importlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.catalogue import find_job
from jobs.errors import fail
from jobs.flink.environment import expect_short_run, is_submitted, open_session, planning
from jobs.flink.file_urls import file_url
from jobs.flink.ports import free_port
from jobs.flink.root_cause import root_cause
from jobs.flink.signals import terminable
from jobs.kafka.counts import TopicCounts
from jobs.pipeline.pieces import reads_pieces
from jobs.pipeline.scoring import has_windows
from jobs.run_folder.parquet import convert_json_parts
from jobs.run_folder.part_files import name_parts
from jobs.run_folder.progress import Clock, Counts, Progress
from jobs.run_folder.summary import Summary, summarise, summary_of_counts
from jobs.runs.endless import StopResult, add_connector, is_endless, wait_until_stopped
from jobs.runs.model_texts import with_texts_of_versions
from jobs.runs.prepare import PreparedRun, RunRequest, prepare
from jobs.runs.saved_state import CHECKPOINTS, SAVEPOINTS, STATE_OPTION, check_engine, check_goes_on, saved_state
from jobs.runs.stages import Stages, StartWatch
from jobs.sources.kafka import KafkaInput
from jobs.sources.lines import is_read_in_turn
from udfs.metrics.exporter import forget_ended, hold_for_scrape
from udfs.rows import predictions_of

if TYPE_CHECKING:
    from pyflink.table import StatementSet, TableResult


# Events up to which a run is over before the JVM's second compiler pays off.
_SHORT_RUN = 100_000

ROW_FOLDERS = ("predictions", "alerts", "dead_letters", "drift")


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
        show: called with the counts so far and the number of events, None where nobody knows it, about once a second;
            with the time alone where rows go to Kafka.
        stages: stopwatch of the start; None: nobody wants to know.

    Raises:
        ConfigError, FeatureError, ModelError, JobError: the request cannot work; nothing was started or written.
    """
    # `gress submit` ends Flink's client with SIGTERM once the cluster has the job, which must go on.
    with nullcontext() if is_submitted() else terminable():
        return _run(request, show, stages or Stages())


def _run(
    request: RunRequest, show: Callable[[Counts, int | None], None], stages: Stages
) -> Summary | StopResult:
    stages.end("imports")
    entry, state = find_job(request.job), saved_state(request)
    prepared = prepare(request, needs_model=True, ended=stages.end)
    check_goes_on(state, prepared.files)
    events = _count_events(prepared)
    if not is_submitted():
        forget_ended(prepared.settings.ml.metrics)
        if events is not None and events <= _SHORT_RUN:
            expect_short_run()
    stages.end("input")
    with planning():
        restarts = 3 if prepared.job.sink.jdbc is None else 0
        extra = local_options(prepared.job.name, request.output, restarts=restarts)
        if state is not None:
            extra[STATE_OPTION] = state
        session = open_session(prepared.settings, flink_conf=request.flink_conf, extra=extra)
        stages.end("JVM")
        check_engine(session, prepared.settings)
        add_connector(session, prepared.job, prepared.files)
        build = importlib.import_module(entry.module).build
        statements = build(session, prepared.settings, prepared.job, prepared.files, prepared.output)
    kafka = prepared.job.sink.kafka
    watch = _start_watch(stages, extra.get("rest.port"), prepared.output if kafka is None else None)
    if is_endless(prepared.files):
        return _run_endless(statements, prepared, request, show, watch)
    topics = TopicCounts(kafka) if kafka is not None else None
    start = time.monotonic()
    with _progress(prepared, show, events):
        execute(statements, request.job, watch)
    seconds = time.monotonic() - start
    if topics is None:
        summary = _summarised(prepared, request, events, seconds)
    else:
        tidy(prepared.output)
        summary = summary_of_counts(topics.count(), job=prepared.job.name, events=events, seconds=seconds)
        summary.write(prepared.output / "summary.json")
    # The summary is written before the wait, which Ctrl-C may cut short.
    if not is_submitted():
        hold_for_scrape(prepared.settings.ml.metrics)
    return summary


def _run_endless(
    statements: StatementSet,
    prepared: PreparedRun,
    request: RunRequest,
    show: Callable[[Counts, int | None], None],
    watch: Callable[[], AbstractContextManager[object]],
) -> StopResult:
    with planning():
        result: TableResult = statements.execute()
    if is_submitted():
        return StopResult(None)
    with watch(), _progress(prepared, show, None), _one_line_failure(request.job):
        stopped = wait_until_stopped(result, prepared.output / SAVEPOINTS)
    if stopped.savepoint is not None:
        _name_rows(prepared.output)
    return stopped


def _start_watch(
    stages: Stages, port: str | None, output: Path | None
) -> Callable[[], AbstractContextManager[object]]:
    """Return a function that watches the start of a job that was submitted to this process's mini-cluster."""

    def begin() -> AbstractContextManager[object]:
        stages.end("planning")
        return nullcontext() if port is None else StartWatch(stages, f"127.0.0.1:{port}", output)

    return begin


def _progress(
    prepared: PreparedRun, show: Callable[[Counts, int | None], None], events: int | None
) -> AbstractContextManager[object]:
    if prepared.job.sink.kafka is not None:
        return Clock(lambda counts: show(counts, None))
    return Progress(prepared.output, "predictions", lambda counts: show(counts, events))


def _count_events(prepared: PreparedRun) -> int | None:
    if isinstance(prepared.files, KafkaInput):
        return None
    in_turn = reads_pieces(prepared.settings, prepared.job, prepared.files) or is_read_in_turn(
        prepared.files,
        is_ordered=has_windows(prepared.job),
        parallelism=prepared.settings.execution.parallelism,
    )
    return prepared.files.count_events(in_turn=in_turn)


def _summarised(prepared: PreparedRun, request: RunRequest, events: int | None, seconds: float) -> Summary:
    field_name = prepared.job.inference.output_field
    summary = summarise(
        prepared.output, job=prepared.job.name, events=events, seconds=seconds, output_field=field_name
    )
    summary = with_texts_of_versions(summary, prepared.settings.ml)
    # If rows are missing, the job may have been stopped with a savepoint, which needs the unfinished files.
    if summary.adds_up:
        tidy(prepared.output)
        if request.output_format == "parquet":
            convert_json_parts(prepared.output, predictions_of(prepared.job))
    summary.write(prepared.output / "summary.json")
    return summary


def execute(
    statements: StatementSet, name: str, watch: Callable[[], AbstractContextManager[object]] = nullcontext
) -> None:
    """Run a job to its end, inside a context that begins with the submission; an interrupt cancels the job."""
    with planning():
        result: TableResult = statements.execute()
    with watch(), _one_line_failure(name):
        try:
            result.wait()
        except KeyboardInterrupt:
            client = result.get_job_client()
            if client is not None:
                client.cancel().result()
            raise


@contextmanager
def _one_line_failure(name: str) -> Iterator[None]:
    """Raise a job's failure as one line."""
    try:
        yield
    except Exception as error:
        cause = root_cause(str(error))
        # Which of two errors comes first is a matter of chance, and this one says nothing of the other.
        hint = "the database of job.sink.jdbc may have failed; " if "TaskExecutor is shutting down" in cause else ""
        fail(f"job {name!r}", f"failed while running: {cause}", f"{hint}the full trace is in Flink's log")


def local_options(name: str, output: Path, *, restarts: int = 3) -> dict[str, str]:
    """Return the options of a run in this process's mini-cluster: checkpoints beside its output, few restarts.

    On a cluster its own configuration decides all of that. A job that writes tables had better not restart here: if the
    database fails, the connector throws again while it closes, which ends the only TaskManager, and a restarted job
    would wait for another one.
    """
    if is_submitted():
        return {"pipeline.name": name}
    port = str(free_port())
    return {
        "pipeline.name": name,
        "rest.port": port,
        "rest.bind-port": port,
        "rest.bind-address": "127.0.0.1",
        "execution.checkpointing.dir": file_url(output / CHECKPOINTS),
        "execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION",
        "restart-strategy.type": "fixed-delay" if restarts else "none",
        "restart-strategy.fixed-delay.attempts": str(restarts),
        "restart-strategy.fixed-delay.delay": "1 s",
    }


def tidy(output: Path) -> None:
    """Remove what only a running job needs: checkpoints, and unfinished parts of a failed attempt; name the others."""
    shutil.rmtree(output / CHECKPOINTS, ignore_errors=True)
    for part in output.glob("*/.part-*"):
        part.unlink()
    _name_rows(output)


def _name_rows(output: Path) -> None:
    for folder in ROW_FOLDERS:
        name_parts(output / folder, ".jsonl")
