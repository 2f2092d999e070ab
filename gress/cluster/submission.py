"""Submission of a job to a cluster: the client ships this package, and runs `gress run` to build the job.

    gress submit ──► Flink's client (JVM) ──► `gress run` (Python) ──► job graph, package ──► cluster

The client stays until a bounded run is over and writes its summary. A detached client ends once the cluster has the
job: the job is the same, but nobody writes the summary or converts rows to Parquet after the run.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conf.loading.loader import load_settings
from conf.settings import Settings
from gress.cluster.client_conf import client_environment
from gress.cluster.conf import flink_home
from gress.cluster.embedded_python import check_embedded_python
from gress.cluster.package import stage_package
from gress.cluster.savepoints import as_path
from jobs.catalogue import default_config, find_job, sample_input
from jobs.errors import JobError, refuse
from jobs.flink.rest import ENDED, FlinkRest
from jobs.sources.files import find_inputs

_SUBMITTED = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")
_STARTING = frozenset({"INITIALIZING", "CREATED"})
_SCHEDULE_S = 60.0
_POLL_S = 0.3


@dataclass(frozen=True)
class Submission:
    """A job for a cluster.

    Attributes:
        job: name in the table of jobs.
        cluster: HOST:PORT of the cluster's REST API.
        output: output, as for `gress run`; workers must be able to write there.
        input: input, as for `gress run`.
        config: YAML file on this machine; the client sends its content.
        overrides: assignments ``key.path=value``.
        arguments: further options of `gress run`, unchanged.
        state: path of a savepoint or checkpoint to start from.
        python: interpreter of the workers, with the libraries of this package.
        wheel: wheel whose content is shipped; None: the running package.
        is_detached: return as soon as the cluster runs the job.
    """

    job: str
    cluster: str
    output: str
    input: str | None = None
    config: Path | None = None
    overrides: Sequence[str] = ()
    arguments: Sequence[str] = ()
    state: str | None = None
    python: str = sys.executable
    wheel: Path | None = None
    is_detached: bool = False

    @property
    def needs_client(self) -> bool:
        """Whether Flink's client stays to the end, to sum up a run that it saw from the start."""
        return not self.is_detached and self.state is None


@dataclass(frozen=True)
class SubmittedJob:
    """A job that the cluster took.

    Attributes:
        job_id: by the cluster.
        state: at last sight.
    """

    job_id: str
    state: str


@dataclass
class _Client:
    """Flink's client and its output so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    job_id: str | None = None


def submit(request: Submission, show: Callable[[str], object], environ: dict[str, str] | None = None) -> SubmittedJob:
    """Submit a job to a cluster and, unless it is detached, wait for its end.

    Args:
        request: the job and the cluster.
        show: function that is called with every line that the run prints.
        environ: environment of the client; None: this process's.

    Raises:
        ConfigError, JobError: the request cannot work, the cluster does not answer, or the job failed.
    """
    environ = dict(os.environ if environ is None else environ)
    rest = FlinkRest(request.cluster)
    request = with_sample(request, _check(request, rest, environ))
    with tempfile.TemporaryDirectory(prefix="gress-submit-") as folder:
        package = stage_package(Path(folder) / "package", request.wheel)
        process = subprocess.Popen(
            ["bash", str(flink_home() / "bin" / "flink"), *client_arguments(request, package)],
            env=client_environment(Path(folder), environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # This process handles Ctrl-C, because the client would leave the job running.
            start_new_session=True,
        )
        client = _Client(process)
        try:
            return _follow(request, rest, client, show)
        except KeyboardInterrupt:
            if client.job_id is not None and not request.is_detached:
                rest.patch(f"/jobs/{client.job_id}?mode=cancel")
            raise
        finally:
            _let_go(process)


def with_sample(request: Submission, settings: Settings) -> Submission:
    """Return a request whose input is the job's sample, as `gress run` takes it, where nothing else is named.

    The copy of the sample that is shipped goes with the client, which may be before the workers have read it.
    """
    has_topics = settings.job is not None and settings.job.source.kafka is not None
    sample = sample_input(request.job)
    if sample is None or has_topics or request.input is not None:
        return request
    return replace(request, input=str(sample))


def client_arguments(request: Submission, package: Path) -> list[str]:
    """Return the arguments of Flink's client, whose own options come before the program's."""
    state = ["-s", request.state] if request.state else []
    pythons = ["-pyexec", request.python, "-pyclientexec", sys.executable]
    arguments = ["run", request.job, "--output", absolute(request.output)]
    if request.input is not None:
        arguments += ["--input", absolute(request.input)]
    if request.config is not None:
        arguments += ["--config", str(request.config.absolute())]
    for text in request.overrides:
        arguments += ["--set", text]
    program = ["-pyfs", str(package), *pythons, "-pym", "gress.cli.main", *arguments, *request.arguments]
    return ["run", "-m", request.cluster, *state, *program]


def is_path(text: str) -> bool:
    """Return whether an input or output is a path, not a URL, ``generator:`` or the like."""
    return ":" not in text.partition("/")[0]


def absolute(text: str) -> str:
    """Return the absolute form of a path, and URLs, ``generator:`` and the like unchanged.

    >>> absolute("/data/in"), absolute("generator:days=3"), absolute("s3://bucket/in")
    ('/data/in', 'generator:days=3', 's3://bucket/in')
    """
    return str(Path(text).absolute()) if is_path(text) else text


def wait_for_end(rest: FlinkRest, job_id: str, sleep: Callable[[float], None] = time.sleep) -> str:
    """Return the state in which a job ended."""
    while (state := rest.job(job_id).state) not in ENDED:
        sleep(_POLL_S)
    return state


def _check(request: Submission, rest: FlinkRest, environ: dict[str, str]) -> Settings:
    """Return the settings of a request that can work."""
    find_job(request.job)
    path = request.config or default_config(request.job)
    if request.input is not None and is_path(request.input):
        find_inputs(absolute(request.input))
    settings = load_settings(path, overrides=request.overrides, environ=environ)
    if request.state:
        _check_endless(request, settings, str(path))
    needed = settings.execution.parallelism
    overview = rest.get("/overview")
    if needed > overview["slots-total"]:
        refuse(
            f"cluster {request.cluster}",
            f"{needed} slots for execution.parallelism {needed}",
            overview['slots-total'],
            "start TaskManagers, or --set execution.parallelism=N",
        )
    check_embedded_python(rest, settings)
    if request.state and request.state.startswith(("/", "file:")) and not Path(as_path(request.state)).exists():
        refuse(f"state {request.state}", "a savepoint or checkpoint", "nothing there", "check the path")
    return settings


def _check_endless(request: Submission, settings: Settings, origin: str) -> None:
    """Refuse ``stop: latest`` for a restored job: the connector announces the end with new partitions, and has none."""
    reads_kafka = request.input is None or request.input.startswith("kafka:")
    kafka = settings.job.source.kafka if settings.job is not None else None
    if reads_kafka and kafka is not None and kafka.stop == "latest":
        refuse(
            f"{origin}: job.source.kafka.stop",
            "never, as a job that goes on from a state would not end",
            "latest",
            "--set job.source.kafka.stop=never, and end it with `gress savepoint --stop`",
        )


def _follow(request: Submission, rest: FlinkRest, client: _Client, show: Callable[[str], object]) -> SubmittedJob:
    assert client.process.stdout is not None
    for line in client.process.stdout:
        client.lines.append(line.rstrip("\n"))
        found = _SUBMITTED.search(line)
        if found is None:
            # Until the job is submitted, keep the client's output for the error text.
            if client.job_id is not None and not _is_trace(line):
                show(client.lines[-1])
            continue
        client.job_id = found[1]
        show(f"job {client.job_id}")
        if not request.needs_client:
            break
    if client.job_id is None:
        client.process.wait()
        raise _refusal(request, client)
    if request.needs_client:
        # The client of an endless job ends as soon as the cluster has the job.
        if client.process.wait():
            raise _refusal(request, client)
    else:
        _wait_for_start(rest, client.job_id)
        _let_go(client.process)
    if request.is_detached:
        return SubmittedJob(client.job_id, rest.job(client.job_id).state)
    state = wait_for_end(rest, client.job_id)
    if state != "FINISHED":
        refuse(f"job {client.job_id}", "it to finish", state, f"gress health --cluster {request.cluster}")
    return SubmittedJob(client.job_id, state)


def _wait_for_start(rest: FlinkRest, job_id: str) -> None:
    """Wait until the cluster has set up the job, because it fetches the client's files meanwhile."""
    deadline = time.monotonic() + _SCHEDULE_S
    while rest.job(job_id).state in _STARTING and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _refusal(request: Submission, client: _Client) -> JobError:
    """Return an error with the last line of the run itself, before the stack trace of the client."""
    said = []
    for line in client.lines:
        if _is_trace(line):
            break
        if line.strip():
            said.append(line)
    subject, sign, problem = (said or ["no reason given"])[-1].partition(": ")
    if sign:
        return JobError(subject, problem)
    where = f"job {request.job!r} on {request.cluster}"
    return JobError(where, f"Flink's client ended with {client.process.returncode}: {subject}")


def _is_trace(line: str) -> bool:
    return line.startswith(("-----", "org.apache.flink.", "\tat ", "\t... ", "java.", "Caused by: "))


def _let_go(process: subprocess.Popen[str]) -> None:
    """End the client and its Python; a submitted job continues."""
    if process.poll() is None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
                process.wait(timeout=10)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
            break
    if process.stdout is not None:
        process.stdout.close()
