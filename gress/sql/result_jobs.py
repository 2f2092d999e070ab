"""Jobs that produce results: their end, and the exceptions of Java that they end with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gress.sql.problems import Cause, one_line

if TYPE_CHECKING:
    from pyflink.common import JobClient
    from pyflink.table import TableResult

_TRACED = re.compile(r"(?:\w+\.)+(?P<kind>[A-Z][\w$]*)(?:: (?P<message>.*))?", re.DOTALL)


def causes_of(error: BaseException) -> Sequence[Cause] | None:
    """Return the chain of a Java exception that Python got, outermost first; None: it is none of Java's."""
    links = list(_links(getattr(error, "java_exception", None)))
    if not links and type(error).__module__.startswith(("py4j", "pyflink")):
        return traced_causes(str(error)) or (Cause(type(error).__name__, one_line(str(error))),)
    return links or None


def _links(thrown: Any) -> Iterator[Cause]:
    while thrown is not None:
        yield Cause(thrown.getClass().getSimpleName(), thrown.getMessage() or "")
        thrown = thrown.getCause()


def traced_causes(trace: str) -> list[Cause]:
    r"""Return the chain of a Java exception that is known by its stack trace alone; none: the text is no such trace.

    >>> traced_causes("a.TableException: No jar\n\tat a.C.d()\nCaused by: java.io.IOException: full\n\t... 3 more")
    [Cause(kind='TableException', message='No jar'), Cause(kind='IOException', message='full')]
    """
    kept = [line for line in trace.splitlines() if not line.startswith(("\tat ", "\t... "))]
    links = "\n".join(kept).split("\nCaused by: ")
    found = [_TRACED.fullmatch(link.strip()) for link in links]
    return [Cause(one["kind"], one["message"] or "") for one in found if one] if all(found) else []


@contextmanager
def job_of(result: TableResult) -> Iterator[None]:
    """Watch the job of a result, if it has one, while the caller waits for it or reads its rows.

    Raises:
        Exception: the job's failure, instead of the one that a reader of its rows saw.
        BaseException: what else ends the block, such as Ctrl-C; the job is cancelled.
    """
    client = result.get_job_client()
    # Ask now: the small cluster of a job ends with the job, and then no longer answers.
    end = None if client is None else client.get_job_execution_result()
    try:
        yield
    except Exception as error:
        if end is not None and causes_of(error) is not None:
            end.result()
        raise
    except BaseException:
        if client is not None:
            _cancel(client)
        raise


def _cancel(client: JobClient) -> None:
    try:
        client.cancel()
    except Exception as error:
        # The small cluster of a job that has ended in the meantime is gone.
        if causes_of(error) is None:
            raise
