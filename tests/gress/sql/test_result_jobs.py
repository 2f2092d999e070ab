"""Jobs behind results, with those of a fake cluster."""

from __future__ import annotations

from typing import Any

import pytest

from gress.sql.result_jobs import job_of, traced_causes


class JavaError(Exception):
    """An exception as Py4J hands it over."""

    java_exception: Any

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.java_exception = Thrown(message)


class Thrown:
    """The exception in Java."""

    def __init__(self, message: str) -> None:
        self.getMessage = lambda: message
        self.getCause = lambda: None
        self.getClass = lambda: self
        self.getSimpleName = lambda: "IllegalStateException"


class Job:
    """A result and its job, which may refuse to be cancelled."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self._refusal = refusal
        self.is_cancelled = False
        self.get_job_client = lambda: self
        self.get_job_execution_result = lambda: self

    def cancel(self) -> None:
        self.is_cancelled = True
        if self._refusal is not None:
            raise self._refusal


def interrupt(job: Any) -> None:
    with job_of(job):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(Job(), id="runs"),
        pytest.param(Job(JavaError("MiniCluster is not yet running or has already been shut down.")), id="has ended"),
    ],
)
def test_an_interrupt_cancels_the_job_and_stays_an_interrupt(job: Job) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt(job)
    assert job.is_cancelled


def test_an_error_of_ours_while_cancelling_is_not_hidden() -> None:
    with pytest.raises(ValueError, match="no such job"):
        interrupt(Job(ValueError("no such job")))


def test_a_stack_trace_gives_the_causes_that_it_lists() -> None:
    trace = (
        "org.apache.flink.table.api.TableException: Could not register the specified resource [ResourceUri{}].\n"
        "\tat org.apache.flink.table.resource.ResourceManager.registerJarResources(ResourceManager.java:128)\n"
        "Caused by: java.io.FileNotFoundException: jar or artifact resource [/x] not found.\n\t... 13 more\n"
    )
    kinds = [(cause.kind, cause.message) for cause in traced_causes(trace)]
    assert kinds[-1] == ("FileNotFoundException", "jar or artifact resource [/x] not found.")
    assert kinds[0][0] == "TableException"


@pytest.mark.parametrize("text", ["Connection refused", "", "a.b.C: x\nCaused by: nothing of Java's"])
def test_other_texts_are_no_trace(text: str) -> None:
    assert traced_causes(text) == []
