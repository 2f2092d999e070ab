"""Output of Flink's SQL client is passed on, with errors cut to what happened."""

from __future__ import annotations

import pytest

from gress.sql_tools.client_output import ClientOutput

HEAD = "Flink SQL> SELECT 1\x1b[31;1m[ERROR] Could not execute SQL statement. Reason:"
TRACE = [
    "java.lang.RuntimeException: Error received from SDK harness for instruction 1: Traceback (most recent call last):",
    '  File "worker.py", line 1, in <lambda>',
    "    response = task()",
]
TAIL = ["", "Shutting down the session...", "done."]


def shown(*said: str) -> tuple[list[str], int]:
    output = ClientOutput()
    return list(output.lines(f"{line}\n" for line in said)), output.code


def test_lines_without_an_error_are_passed_on_as_they_come() -> None:
    output = ClientOutput()

    def said() -> object:
        yield "+I 1\n"
        pytest.fail("the second line was asked for before the first was given")

    assert next(output.lines(said())) == "+I 1"  # type: ignore[arg-type]
    assert shown("a", "", "Traceback (most recent call last):", "  b") == (
        ["a", "", "Traceback (most recent call last):", "  b"],
        0,
    )


@pytest.mark.parametrize("end", ["\x1b[0m", ""], ids=["colours", "no colours"])
@pytest.mark.parametrize(
    ("last", "want"),
    [
        pytest.param(
            "models.errors.ModelError: model 'payment' has no version", "model 'payment' has no version", id="own"
        ),
        pytest.param("ValueError: not a number", "ValueError: not a number", id="another"),
    ],
)
def test_an_error_of_a_worker_is_one_line(end: str, last: str, want: str) -> None:
    head = "Flink SQL> SELECT 1[ERROR] Could not execute SQL statement. Reason:"
    left = TAIL if end else TAIL[1:]
    rest = TAIL if end else ["Shutting down the session...", "done."]
    found, code = shown(HEAD, *TRACE, last + end, *left)
    assert (found, code) == ([f"{head} {want}", *rest], 1)


def test_of_errors_one_after_another_the_last_stays() -> None:
    chained = ["KeyError: 'a'", "", "During handling of the above exception, another exception occurred:", ""]
    found, _ = shown(
        HEAD, *TRACE, *chained, "Traceback (most recent call last):", "  File", "ValueError: b\x1b[0m", *TAIL
    )
    assert found[0].endswith("Reason: ValueError: b")
    assert found[1:] == TAIL


def test_an_error_of_flink_stays_as_it_is() -> None:
    said = [HEAD, "org.apache.flink.table.api.ValidationException: Object 'a' not found\x1b[0m", *TAIL]
    assert shown(*said) == (said, 1)


def test_output_that_ends_in_an_error_is_not_lost() -> None:
    assert shown(HEAD, *TRACE, "ValueError: b")[0][0].endswith("ValueError: b")
