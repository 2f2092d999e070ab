"""Checks before a run starts: settings, model, input and output, cheapest first."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from conf.experiments.experiment_choice import experiments_of
from conf.loading.loader import load_settings
from conf.loading.parts import parts_of
from conf.settings import JobSettings, Settings
from jobs.catalogue import default_config, sample_input
from jobs.checks.first_version import publish_first_version
from jobs.checks.problems import find_problems
from jobs.errors import refuse
from jobs.flink.environment import prepare_process
from jobs.kafka.jars import JDBC, connector_jar, find_jars
from jobs.run_folder.claim import Claim, claim
from jobs.runs.deployment import with_names_in_kafka
from jobs.runs.hidden_values import hiding_values
from jobs.sources.files import InputFiles, find_inputs
from jobs.sources.first_rows import check_times
from jobs.sources.generated import GENERATOR, check_reads_transactions, generate, parse_generator
from jobs.sources.kafka import KafkaInput, find_kafka_input
from jobs.sources.labels import check_labels
from models.experiments.doubts import experiment_doubts
from udfs.feature_store.store_doubt import store_doubt

_LOG = logging.getLogger("gress.runs")


@dataclass(frozen=True)
class RunRequest:
    """A request for a run.

    Attributes:
        job: name in the table of jobs.
        output: folder for everything that the run writes.
        input: files, ``kafka:`` with topics, or ``generator:`` with options; empty: the job's ``source``, else
            its sample, else the generator.
        config: YAML file; None: the one that ships with the job.
        overrides: ``key.path=value`` settings that win over the file and the environment.
        output_format: ``json`` or ``parquet``.
        flink_conf: file of Flink options; None: the one that ships.
        is_overwriting: replace what an earlier run wrote to ``output``.
        savepoint: folder or URL of a savepoint or checkpoint to continue from.
        is_resuming: continue from the newest state in ``output``, and add to the rows that are there.
        environ: environment variables.
        is_all: this process does nothing else, so its JVM lives as long as the run.
    """

    job: str
    output: Path
    input: str = ""
    config: Path | None = None
    overrides: Sequence[str] = ()
    output_format: str = "json"
    flink_conf: Path | None = None
    is_overwriting: bool = False
    savepoint: str | None = None
    is_resuming: bool = False
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    is_all: bool = False


@dataclass(frozen=True)
class PreparedRun:
    """A request whose settings, model, input and output are known to be right.

    Attributes:
        settings: all settings.
        job: those of the job.
        files: the input.
        output: folder of the run.
        claim: the run's hold on its folder; without its end an earlier run is back there with the next claim.
    """

    settings: Settings
    job: JobSettings
    files: InputFiles | KafkaInput
    output: Path
    claim: Claim


def _ignore(stage: str) -> None:
    """Do nothing."""


def prepare(request: RunRequest, *, needs_model: bool, ended: Callable[[str], None] = _ignore) -> PreparedRun:
    """Check a request from settings to output folder, cheapest first, and claim the folder.

    Args:
        request: the request.
        needs_model: open the models of the settings, too.
        ended: called with the name of each stage when it ends.
    """
    settings, job = with_names_in_kafka(*_load(request), request.output)
    prepare_process()
    ended("settings")
    with hiding_values(settings):
        return _checked(request, settings, job, needs_model=needs_model, ended=ended)


def _checked(
    request: RunRequest, settings: Settings, job: JobSettings, *, needs_model: bool, ended: Callable[[str], None]
) -> PreparedRun:
    """Check settings, model, input and output, and claim the folder."""
    origin = str(request.config or default_config(request.job))
    if needs_model and settings.ml.enabled:
        publish_first_version(settings.ml, job)
    for problem in find_problems(parts_of(settings), origin, needs_model=needs_model):
        raise problem
    for experiment in experiments_of(settings.ml, job.inference.model_name):
        for doubt in experiment_doubts(experiment):
            _LOG.warning("%s", doubt)
    if needs_model and (silence := store_doubt(settings.ml.feature_store, job)) is not None:
        _LOG.warning("%s", silence)
    ended("model")
    files = _find_input(request, job, origin)
    held = claim(request.output, is_overwriting=request.is_overwriting, is_resuming=request.is_resuming)
    try:
        return PreparedRun(settings, job, files or _generated(request), request.output, held)
    except BaseException:
        held.give_up()
        raise


def _find_input(request: RunRequest, job: JobSettings, origin: str) -> InputFiles | KafkaInput | None:
    """Return a request's input; None: it is generated once the folder is claimed."""
    topics = find_kafka_input(request.input, job, origin)
    reads_labels = job.labels is not None and job.labels.kafka is not None
    if topics is not None or job.sink.kafka is not None or reads_labels:
        connector_jar()
    if job.sink.jdbc is not None:
        find_jars(JDBC)
    sample = sample_input(request.job)
    given = request.input or ("" if sample is None else str(sample))
    if topics is None and given and not given.startswith(GENERATOR):
        return _find_files(request, job, given)
    if topics is None:
        parse_generator(request.input or GENERATOR)
        check_reads_transactions(request.input or GENERATOR, job.events)
    check_labels(job, is_bounded=topics is None or topics.is_bounded)
    return topics


def _generated(request: RunRequest) -> InputFiles:
    try:
        return find_inputs(str(generate(request.input or GENERATOR, request.output)))
    except OSError as error:
        refuse(f"output {request.output}", "a folder that can be written", str(error), "name another")


def _find_files(request: RunRequest, job: JobSettings, given: str) -> InputFiles:
    files = find_inputs(given)
    files.line_format(job.events)
    check_times(files, job.events)
    check_labels(job, is_bounded=True)
    if any(request.output.absolute() in path.parents for path in files.paths):
        refuse(f"output {request.output}", "a folder apart from the input", "the one it lies in", "name another")
    return files


def _load(request: RunRequest) -> tuple[Settings, JobSettings]:
    path = request.config or default_config(request.job)
    settings = load_settings(path, overrides=request.overrides, environ=request.environ)
    job = settings.job
    if job is None:
        refuse(str(path), "a `job:` with events, features and inference", "none")
    if request.output_format not in ("json", "parquet"):
        refuse("format", "json or parquet", repr(request.output_format))
    return settings, job
