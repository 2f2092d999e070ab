"""Saved state of jobs: savepoints on demand, and the checkpoints that a cluster retained."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from jobs.errors import fail, refuse
from jobs.flink.file_urls import file_url, local_path
from jobs.flink.rest import ENDED, FlinkRest
from jobs.flink.root_cause import root_cause

_POLL_S = 0.3


def take_savepoint(
    rest: FlinkRest,
    job: str,
    target: str,
    *,
    is_stopping: bool = False,
    timeout_s: float = 600.0,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Write a job's state to a folder and return the path of the savepoint.

    Args:
        rest: REST client of the cluster.
        job: id, or name of a running job.
        target: folder that every TaskManager can write to; a path of this machine or a URL.
        is_stopping: end the job with the savepoint, so that it writes nothing after it.
        timeout_s: longest wait in seconds.
        sleep: function that waits between two requests.

    Raises:
        JobError: there is no such job, it does not run, or Flink could not write the savepoint.
    """
    found = rest.job(job)
    if found.is_ended:
        refuse(
            f"job {job!r}",
            "one that runs",
            f"one that is {found.state}",
            "submit again --from-checkpoint, where it left one",
        )
    folder = local_path(target)
    where = target if folder is None else file_url(folder)
    deadline = time.monotonic() + timeout_s
    while not _is_at_work(rest, found.id) and time.monotonic() < deadline:
        sleep(_POLL_S)
    if is_stopping:
        asked = rest.post(f"/jobs/{found.id}/stop", {"targetDirectory": where, "drain": False})
    else:
        asked = rest.post(f"/jobs/{found.id}/savepoints", {"target-directory": where, "cancel-job": False})
    while time.monotonic() < deadline:
        answer = rest.get(f"/jobs/{found.id}/savepoints/{asked['request-id']}")
        if answer["status"]["id"] == "COMPLETED":
            return _location(job, answer["operation"])
        sleep(_POLL_S)
    refuse(f"job {job!r}", f"a savepoint within {timeout_s:.0f} s", "none yet", "it may still come")


def _is_at_work(rest: FlinkRest, job_id: str) -> bool:
    """Return whether every task runs; Flink refuses a savepoint while a task starts its Python worker."""
    found = rest.get(f"/jobs/{job_id}")
    states = {state for vertex in found["vertices"] for state, count in vertex["tasks"].items() if count}
    return found["state"] in ENDED or states <= {"RUNNING", "FINISHED"}


def find_checkpoint(rest: FlinkRest, which: str) -> str:
    """Return the path of the newest retained checkpoint of a job.

    Args:
        rest: REST client of the cluster, whose configuration names the folder of checkpoints; it need not know the job.
        which: id of a job, ``latest`` if only one job left checkpoints, or a path, which is returned unchanged.

    Raises:
        JobError: there is no checkpoint, or ``latest`` is asked for and several jobs left some.
    """
    if "/" in which:
        path = local_path(which)
        return which if path is None else file_url(path)
    folder = _checkpoint_folder(rest)
    if which != "latest":
        return _newest(folder, which)
    jobs = sorted({path.parent.parent.name for path in folder.glob("*/chk-*/_metadata")})
    if len(jobs) != 1:
        refuse(
            "checkpoint latest",
            f"checkpoints of one job in {folder}",
            f"those of {', '.join(jobs) or 'none'}",
            "name the job: --from-checkpoint JOB_ID" if jobs else "",
        )
    return _newest(folder, jobs[0])


def _location(job: str, operation: dict[str, object]) -> str:
    location = operation.get("location")
    if isinstance(location, str):
        return location
    cause = operation.get("failure-cause")
    trace = str(cause.get("stack-trace", "")) if isinstance(cause, dict) else ""
    fail(f"job {job!r}", f"the savepoint failed: {root_cause(trace)}", "the job itself goes on")


def _checkpoint_folder(rest: FlinkRest) -> Path:
    options = {entry["key"]: entry["value"] for entry in rest.get("/jobmanager/config")}
    where = str(options.get("execution.checkpointing.dir") or options.get("state.checkpoints.dir") or "")
    subject = f"cluster {rest.address}"
    if not where:
        refuse(subject, "execution.checkpointing.dir in its configuration", "none")
    path = local_path(where)
    if path is None:
        refuse(
            subject,
            "checkpoints in files of this machine",
            where,
            "name the checkpoint: --from-checkpoint URL/chk-N",
        )
    return path


def _newest(folder: Path, job: str) -> str:
    found = sorted((folder / job).glob("chk-*/_metadata"), key=lambda path: int(path.parent.name.removeprefix("chk-")))
    if not found:
        refuse(f"checkpoint of job {job}", f"one in {folder}", "none", "it had none yet, or ended by itself")
    return file_url(found[-1].parent)


def as_path(url: str) -> str:
    """Return a file's URL as a path, and other URLs unchanged.

    >>> as_path("file:/data/sp/savepoint-1"), as_path("s3://bucket/sp")
    ('/data/sp/savepoint-1', 's3://bucket/sp')
    """
    path = local_path(url)
    return url if path is None else str(path)
