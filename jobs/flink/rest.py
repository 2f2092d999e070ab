"""Client of a cluster's REST API, through which all commands ask a running cluster."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from conf.nearest import suggest
from jobs.errors import JobError, fail

ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})
"""States that a job never leaves."""

_TIMEOUT_S = 10.0
# The largest answers, of jobs with thousands of tasks, have a few megabytes.
_MOST_BYTES = 1 << 26
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class ClusterUnreachable(JobError):
    """A cluster whose address does not answer."""

    def __init__(self, address: str, reason: str) -> None:
        problem = f"expected Flink's REST API there, got {reason}"
        super().__init__(f"cluster {address}", problem, "check HOST:PORT, or: gress cluster up")


@dataclass(frozen=True)
class RunningJob:
    """A job as the cluster lists it.

    Attributes:
        id: 32 hexadecimal digits.
        name: name of the submitted job.
        state: state in Flink's words.
        start_ms: time of the submission, epoch milliseconds.
    """

    id: str
    name: str
    state: str
    start_ms: int

    @property
    def is_ended(self) -> bool:
        """Whether the job will never run again."""
        return self.state in ENDED


class FlinkRest:
    """A client of one cluster.

    Args:
        address: ``HOST:PORT``, or a URL if the API is behind HTTPS or a path.
        timeout_s: longest wait for an answer, in seconds.
    """

    def __init__(self, address: str, *, timeout_s: float = _TIMEOUT_S) -> None:
        self.address = address
        self._base = (address if "://" in address else f"http://{address}").rstrip("/")
        self._timeout_s = timeout_s
        self._opener = _opener(self._base)

    def get(self, path: str) -> Any:
        """Return the API's answer at a path.

        Raises:
            ClusterUnreachable: nothing answers, or something other than Flink does.
            JobError: the API refuses the request.
        """
        return self._ask("GET", path)

    def post(self, path: str, body: Any) -> Any:
        """Send a document to a path; raise errors like ``get``."""
        return self._ask("POST", path, json.dumps(body).encode())

    def put(self, path: str, body: Any) -> Any:
        """Replace the resource at a path by a document; raise errors like ``get``."""
        return self._ask("PUT", path, json.dumps(body).encode())

    def patch(self, path: str) -> Any:
        """Change the resource at a path; raise errors like ``get``."""
        return self._ask("PATCH", path, b"{}")

    def jobs(self) -> list[RunningJob]:
        """Return all jobs that the cluster remembers, latest first.

        Raises:
            ClusterUnreachable: nothing answers, or something other than Flink does.
        """
        answer = self.get("/jobs/overview")
        try:
            found = [
                RunningJob(str(job["jid"]), str(job["name"]), str(job["state"]), int(job["start-time"]))
                for job in answer["jobs"]
            ]
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise ClusterUnreachable(self.address, "another list of jobs than Flink's") from error
        return sorted(found, key=lambda job: job.start_ms, reverse=True)

    def job(self, text: str) -> RunningJob:
        """Return the job with this id, or the latest job with this name, preferring one that has not ended.

        Raises:
            JobError: there is no such job.
        """
        jobs = self.jobs()
        named = sorted((job for job in jobs if text in (job.id, job.name)), key=lambda job: job.is_ended)
        if not named:
            known = _listed(job.id for job in jobs)
            fail(
                f"job {text!r}",
                f"expected the id or name of a job on {self.address}, which has {known}",
                suggest(text, [job.name for job in jobs]),
            )
        return named[0]

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        try:
            # An invalid URL raises ValueError here, which is the user's mistake.
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(self._base + path, body, headers, method=method)
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                return json.loads(answer.read(_MOST_BYTES) or b"{}")
        except urllib.error.HTTPError as error:
            fail(f"cluster {self.address}", f"{path}: {_reason(error)}")
        except urllib.error.URLError as error:
            raise ClusterUnreachable(self.address, str(error.reason)) from error
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            raise ClusterUnreachable(self.address, str(error) or type(error).__name__) from error


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Return a client of a URL. A proxy for the world outside does not know this machine's own ports."""
    is_here = False
    with suppress(ValueError):
        is_here = urlsplit(url).hostname in _HERE
    return urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if is_here else []))


def _reason(error: urllib.error.HTTPError) -> str:
    """Return the first line of Flink's error; the rest is a stack trace."""
    try:
        errors = json.load(error)["errors"]
        text = next(line for entry in errors for line in str(entry).splitlines() if line.strip())
    except (OSError, ValueError, LookupError, TypeError, StopIteration):
        return f"HTTP {error.code} {error.reason}"
    return text.strip().removeprefix("org.apache.flink.runtime.rest.handler.RestHandlerException: ")


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(ids) or "none"
