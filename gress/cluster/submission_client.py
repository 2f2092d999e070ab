"""Flink's client in a process of its own: its output until the cluster has the job, and its end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gress.cluster.submission_request import Submission
from jobs.errors import JobError, refuse
from jobs.flink.rest import ENDED, FlinkRest

_SUBMITTED = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")
_STARTING = frozenset({"INITIALIZING", "CREATED"})
_SCHEDULE_S = 60.0
_POLL_S = 0.3


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
class Client:
    """Flink's client and its output so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    job_id: str | None = None


def follow(request: Submission, rest: FlinkRest, client: Client, show: Callable[[str], object]) -> SubmittedJob:
    """Show the client's output, and return the job: if detached, once the cluster has it, or else once it has ended.

    Raises:
        JobError: the client refused the job, or the job did not finish.
    """
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
        let_go(client.process)
    if request.is_detached:
        return SubmittedJob(client.job_id, rest.job(client.job_id).state)
    state = _wait_for_end(rest, client.job_id)
    if state != "FINISHED":
        refuse(f"job {client.job_id}", "it to finish", state, f"gress health --cluster {request.cluster}")
    return SubmittedJob(client.job_id, state)


def _wait_for_end(rest: FlinkRest, job_id: str) -> str:
    """Return the state in which a job ended."""
    while (state := rest.job(job_id).state) not in ENDED:
        time.sleep(_POLL_S)
    return state


def _wait_for_start(rest: FlinkRest, job_id: str) -> None:
    """Wait until the cluster has set up the job, because it fetches the client's files meanwhile."""
    deadline = time.monotonic() + _SCHEDULE_S
    while rest.job(job_id).state in _STARTING and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _refusal(request: Submission, client: Client) -> JobError:
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


def let_go(process: subprocess.Popen[str]) -> None:
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
