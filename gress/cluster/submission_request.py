"""A job for a cluster, as a user asks for it, and the arguments with which Flink's client submits it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conf.settings import Settings
from jobs.catalogue import sample_input


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
