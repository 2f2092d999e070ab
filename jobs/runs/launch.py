"""From a request to a finished run: everything is checked before anything starts."""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from conf.loading.loader import load_settings
from conf.settings import JobSettings, Settings
from jobs.catalogue import default_config, find_job
from jobs.errors import JobError
from jobs.flink.environment import is_submitted, open_session, planning, prepare_process
from jobs.flink.file_urls import file_url
from jobs.flink.root_cause import root_cause
from jobs.kafka.counts import TopicCounts
from jobs.kafka.jars import connector_jar
from jobs.pipeline.scoring import has_windows
from jobs.run_folder.parquet import convert_json_parts
from jobs.run_folder.progress import Clock, Counts, Progress
from jobs.run_folder.summary import Summary, summarise, summary_of_counts
from jobs.runs.endless import SAVEPOINTS, Stopped, add_connector, is_endless, wait_until_stopped
from jobs.sources.files import InputFiles, find_inputs
from jobs.sources.generated import GENERATOR, generate, parse_generator
from jobs.sources.kafka import KafkaInput, find_kafka_input
from jobs.sources.lines import is_read_in_turn
from udfs.features.feature_set import compile_feature_set
from udfs.rows import prediction_row
from udfs.scoring.model_source import open_model

if TYPE_CHECKING:
    from pyflink.table import StatementSet, TableResult

CHECKPOINTS = ".checkpoints"
MARKER = ".gress-run"
"""File that tells a folder written by a run from one that holds something else."""


@dataclass(frozen=True)
class RunRequest:
    """A run as it is asked for.

    Attributes:
        job: name in the table of jobs.
        output: folder for everything that the run writes.
        input: files, ``kafka:`` with topics, or ``generator:`` with options; empty: the job's ``source``, else
            the generator.
        config: YAML file; None: the one that ships with the job.
        overrides: ``key.path=value`` settings that win over the file and the environment.
        output_format: ``json`` or ``parquet``.
        flink_conf: file of Flink options; None: the one that ships.
        is_overwriting: replace what an earlier run wrote to ``output``.
    """

    job: str
    output: Path
    input: str = ""
    config: Path | None = None
    overrides: Sequence[str] = ()
    output_format: str = "json"
    flink_conf: Path | None = None
    is_overwriting: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))


@dataclass(frozen=True)
class Prepared:
    """A request whose settings, model, input and output are known to be right."""

    settings: Settings
    job: JobSettings
    files: InputFiles | KafkaInput
    output: Path


def show_nothing(counts: Counts, total: int | None) -> None:
    """Show no progress."""


def run(request: RunRequest, show: Callable[[Counts, int | None], None] = show_nothing) -> Summary | Stopped:
    """Run a scoring job: on bounded input to its end, on a stream until it is stopped.

    Args:
        request: what to run.
        show: called with the counts so far and the number of events, None where nobody knows it, about once a second;
            with the time alone where rows go to Kafka.

    Raises:
        ConfigError, FeatureError, ModelError, JobError: the request cannot work; nothing was started or written.
    """
    entry = find_job(request.job)
    prepared = prepare(request, needs_model=True)
    with planning():
        extra = local_options(prepared.job.name, request.output)
        session = open_session(prepared.settings, flink_conf=request.flink_conf, extra=extra)
        add_connector(session, prepared.job, prepared.files)
        build = importlib.import_module(entry.module).build
        statements = build(session, prepared.settings, prepared.job, prepared.files, prepared.output)
    if is_endless(prepared.files):
        return _run_endless(statements, prepared, request, show)
    events = _count_events(prepared)
    kafka = prepared.job.sink.kafka
    topics = TopicCounts(kafka) if kafka is not None else None
    start = time.monotonic()
    with _progress(prepared, show, events):
        execute(statements, request.job)
    seconds = time.monotonic() - start
    if topics is None:
        return _summarised(prepared, request, events, seconds)
    tidy(prepared.output)
    summary = summary_of_counts(topics.count(), job=request.job, events=events, seconds=seconds)
    summary.write(prepared.output / "summary.json")
    return summary


def _run_endless(
    statements: StatementSet, prepared: Prepared, request: RunRequest, show: Callable[[Counts, int | None], None]
) -> Stopped:
    with planning():
        result: TableResult = statements.execute()
    if is_submitted():
        return Stopped(None)
    with _progress(prepared, show, None), _told(request.job):
        return wait_until_stopped(result, prepared.output / SAVEPOINTS)


def _progress(
    prepared: Prepared, show: Callable[[Counts, int | None], None], events: int | None
) -> AbstractContextManager[object]:
    if prepared.job.sink.kafka is not None:
        return Clock(lambda counts: show(counts, None))
    return Progress(prepared.output, "predictions", lambda counts: show(counts, events))


def _count_events(prepared: Prepared) -> int | None:
    if isinstance(prepared.files, KafkaInput):
        return None
    in_turn = is_read_in_turn(
        prepared.files,
        is_ordered=has_windows(prepared.job),
        parallelism=prepared.settings.execution.parallelism,
    )
    return prepared.files.count_events(in_turn=in_turn)


def _summarised(prepared: Prepared, request: RunRequest, events: int | None, seconds: float) -> Summary:
    field_name = prepared.job.inference.output_field
    summary = summarise(
        prepared.output, job=request.job, events=events, seconds=seconds, output_field=field_name
    )
    # Where rows are missing, the job may have been stopped with a savepoint, which goes on with files not yet final.
    if summary.adds_up:
        tidy(prepared.output)
        if request.output_format == "parquet":
            convert_json_parts(prepared.output, field_name)
    summary.write(prepared.output / "summary.json")
    return summary


def prepare(request: RunRequest, *, needs_model: bool) -> Prepared:
    """Check a request from settings to output folder, cheapest first, and claim the folder."""
    settings, job = _load(request)
    prepare_process()
    features = compile_feature_set(job.features, job.events)
    if needs_model:
        open_model(settings.ml, job.inference, features).close()
    origin = str(request.config or default_config(request.job))
    topics = find_kafka_input(request.input, job, origin)
    if topics is not None or job.sink.kafka is not None:
        connector_jar()
    if topics is not None:
        claim(request.output, is_overwriting=request.is_overwriting)
    return Prepared(settings, job, topics or _find_files(request, job), request.output)


def _find_files(request: RunRequest, job: JobSettings) -> InputFiles:
    if not request.input or request.input.startswith(GENERATOR):
        parse_generator(request.input or GENERATOR)
        claim(request.output, is_overwriting=request.is_overwriting)
        return find_inputs(str(generate(request.input or GENERATOR, request.output)))
    files = find_inputs(request.input)
    files.line_format(job.events)
    if any(request.output.absolute() in path.parents for path in files.paths):
        subject = f"output {request.output}"
        raise JobError(subject, "expected a folder apart from the input, got the one it lies in", "name another")
    claim(request.output, is_overwriting=request.is_overwriting)
    return files


def _load(request: RunRequest) -> tuple[Settings, JobSettings]:
    path = request.config or default_config(request.job)
    settings = load_settings(path, overrides=request.overrides, environ=request.environ)
    job = settings.job
    if job is None:
        raise JobError(str(path), "expected a `job:` with events, features and inference, got none")
    if not settings.ml.enabled:
        raise JobError(str(path), "ml.enabled: expected true, got false", "set it to true to run a job")
    _refuse_unbuilt(str(path), settings)
    if request.output_format not in ("json", "parquet"):
        subject = "format"
        raise JobError(subject, f"expected json or parquet, got {request.output_format!r}")
    field_name = job.inference.output_field
    if [column.name for column in prediction_row(field_name)].count(field_name) > 1:
        problem = f"job.inference.output_field: expected a name that no other column has, got {field_name!r}"
        raise JobError(str(path), problem, "leave it out for 'prediction'")
    return settings, job


def _refuse_unbuilt(path: str, settings: Settings) -> None:
    """Refuse what the settings switch on and no part of this version does, rather than pass over it."""
    ml = settings.ml
    switched_on = {
        "feature_store": ml.feature_store.enabled,
        "online_learning": ml.online_learning.enabled,
        "ab_testing": ml.ab_testing.enabled,
    }
    for name, is_on in switched_on.items():
        if is_on:
            problem = f"ml.{name}.enabled: expected false, got true: jobs of this version do not have it"
            raise JobError(path, problem, f"set ml.{name}.enabled=false to run without it")


def claim(output: Path, *, is_overwriting: bool) -> None:
    """Make an empty output folder; only what a run wrote is ever removed."""
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        if not is_overwriting:
            subject = f"output {output}"
            raise JobError(subject, "expected a new or empty folder, got one in use", "add --overwrite")
        if not (output / MARKER).is_file():
            subject = f"output {output}"
            raise JobError(subject, "expected a folder that a run wrote, got something else")
        shutil.rmtree(output)
    output.mkdir(parents=True, exist_ok=True)
    (output / MARKER).touch()


def execute(statements: StatementSet, name: str) -> None:
    """Run a job to its end; an interrupt cancels it."""
    with planning():
        result: TableResult = statements.execute()
    with _told(name):
        try:
            result.wait()
        except KeyboardInterrupt:
            client = result.get_job_client()
            if client is not None:
                client.cancel().result()
            raise


@contextmanager
def _told(name: str) -> Iterator[None]:
    """A job's failure in one line."""
    try:
        yield
    except Exception as error:
        cause = root_cause(str(error))
        subject = f"job {name!r}"
        raise JobError(
            subject, f"failed while running: {cause}", "the full trace is in Flink's log"
        ) from error


def local_options(name: str, output: Path) -> dict[str, str]:
    """Return the options of a run in this process's mini-cluster: checkpoints beside its output, few restarts.

    On a cluster its own configuration decides all of that.
    """
    if is_submitted():
        return {"pipeline.name": name}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return {
        "pipeline.name": name,
        "rest.port": port,
        "rest.bind-port": port,
        "rest.bind-address": "127.0.0.1",
        "execution.checkpointing.dir": file_url(output / CHECKPOINTS),
        "execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION",
        "restart-strategy.type": "fixed-delay",
        "restart-strategy.fixed-delay.attempts": "3",
        "restart-strategy.fixed-delay.delay": "1 s",
    }


def tidy(output: Path) -> None:
    """Remove what only a running job needs: checkpoints, and parts that a failed attempt left unfinished."""
    shutil.rmtree(output / CHECKPOINTS, ignore_errors=True)
    for part in output.glob("*/.part-*"):
        part.unlink()
