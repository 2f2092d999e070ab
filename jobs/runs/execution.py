"""Execution of a bounded job to its end, and the text of a failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import fail
from jobs.flink.jvm.collection import planning
from jobs.flink.jvm.process import jvm_problem
from jobs.flink.root_cause import hint_for, root_cause
from jobs.runs.endless import wait_for_end
from jobs.runs.watches.mini_cluster import keeping_task_manager
from jobs.sinks.inserts import Inserts

if TYPE_CHECKING:
    from pyflink.common import JobClient


def execute(
    inserts: Inserts,
    name: str,
    watch: Callable[[], AbstractContextManager[object]] = nullcontext,
    output: Path | None = None,
) -> None:
    """Run a job to its end, inside a context that begins with the submission; an interrupt cancels the job.

    Args:
        inserts: the job's inserts.
        name: of the job.
        watch: makes the context.
        output: folder of the run, whose disk a failure may be about.
    """
    with planning():
        client: JobClient = inserts.execute()
    with watch(), one_line_failure(name, output), keeping_task_manager(client):
        try:
            wait_for_end(client)
        except KeyboardInterrupt:
            client.cancel().result()
            raise


@contextmanager
def one_line_failure(name: str, output: Path | None = None) -> Iterator[None]:
    """Raise a job's failure as one line."""
    try:
        yield
    except Exception as error:
        if lost := jvm_problem(error):
            raise lost from None
        cause = root_cause(str(error))
        told = filter(None, (hint_for(cause, output), "the full trace is in Flink's log"))
        fail(f"job {name!r}", f"failed while running: {cause}", "; ".join(told))
