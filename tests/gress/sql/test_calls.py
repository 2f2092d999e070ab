"""Calls that no row could satisfy are refused before a job starts."""

from __future__ import annotations

from typing import NoReturn

import pytest

from gress.sql.calls import Argument, Call, check_arguments, check_call
from gress.sql.model_inputs import Column, SqlModels
from jobs.errors import JobError

DOUBLE, INT, TEXT, NULL = (Argument(kind) for kind in ("DOUBLE", "INTEGER", "VARCHAR", "NULL"))


def row(**fields: str) -> Argument:
    return Argument("ROW", tuple(fields.items()))


def call(name: str | None, *arguments: Argument, function: str = "gress_predict") -> Call:
    return Call(function, name, arguments)


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(call("fraud-detector", DOUBLE, INT, TEXT), id="in the order of the model"),
        pytest.param(call("fraud-detector$1.0.0", DOUBLE, INT, Argument("CHAR")), id="pinned"),
        pytest.param(call("fraud-detector$all", DOUBLE, INT, TEXT), id="all versions"),
        pytest.param(call("fraud-detector", NULL, NULL, NULL), id="nulls"),
        pytest.param(call("fraud", TEXT, INT, DOUBLE), id="in the order of CREATE MODEL"),
        pytest.param(
            call("fraud-detector", row(merchant="CHAR", age="DECIMAL", amount="REAL", id="DATE")), id="by name"
        ),
        pytest.param(
            call("fraud-detector", Argument("ROW", (("EXPR$0", "DOUBLE"), ("EXPR$1", "DOUBLE"), ("EXPR$2", "CHAR")))),
            id="row without names",
        ),
        pytest.param(call("fraud-detector$0.9.0", DOUBLE), id="model that does not name its columns"),
        pytest.param(call(None, TEXT), id="name from a column"),
        pytest.param(call("unknown", function="other"), id="another function"),
    ],
)
def test_calls_that_fit_are_let_through(good: Call, models: SqlModels) -> None:
    check_call(good, models)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        pytest.param(
            call("fraud-detectr", DOUBLE),
            r"^gress_predict\('fraud-detectr'\): model: expected a model of .* or of CREATE MODEL, got "
            r"'fraud-detectr'; nearest valid name 'fraud-detector'$",
            id="model",
        ),
        pytest.param(
            call("fraud-detector$7", DOUBLE), r"has no version 7\.0\.0 in .*; it has 0\.9\.0, 1\.0\.0", id="version"
        ),
        pytest.param(
            call("fraud-detector", DOUBLE),
            r"expected 3 columns \(amount, age, merchant\), got 1; missing age, merchant",
            id="too few",
        ),
        pytest.param(call("fraud-detector", *[DOUBLE] * 5), r"got 5; 2 too many", id="too many"),
        pytest.param(
            call("fraud-detector", *(Argument(kind, is_literal=True) for kind in ("DOUBLE", "INTEGER", "CHAR"))),
            r"expected a column of a table among the arguments, got literals alone",
            id="literals",
        ),
        pytest.param(
            call("fraud-detector", TEXT, INT, TEXT), r"expected a number for column 'amount', got VARCHAR", id="type"
        ),
        pytest.param(
            call("fraud-detector", DOUBLE, INT, INT), r"expected a text for column 'merchant', got INTEGER", id="text"
        ),
        pytest.param(
            call("fraud", DOUBLE, INT, TEXT), r"expected a text for column 'merchant', got DOUBLE", id="created order"
        ),
        pytest.param(
            call("fraud-detector", row(amont="DOUBLE", age="INTEGER", merchant="CHAR")),
            r"expected a column 'amount', got amont, age, merchant; nearest there: 'amont'",
            id="field",
        ),
        pytest.param(
            call("fraud-detector", row(amount="DATE", age="INTEGER", merchant="CHAR")),
            r"expected a number for column 'amount', got DATE",
            id="type of a field",
        ),
        pytest.param(
            call("fraud-detection", DOUBLE, function="gress_features"),
            r"expected \d+ columns \(TX_AMOUNT, ",
            id="features",
        ),
        pytest.param(
            call("fraud-detecton", DOUBLE, function="gress_features"),
            r"expected the name of a job or the path of its YAML file, got 'fraud-detecton'; .*'fraud-detection'",
            id="feature set",
        ),
    ],
)
def test_a_call_that_does_not_fit_is_refused_with_what_is_near(bad: Call, text: str, models: SqlModels) -> None:
    with pytest.raises(JobError, match=text):
        check_call(bad, models)


def test_a_time_is_no_truth_value() -> None:
    with pytest.raises(JobError, match=r"^f: expected a time for column 'at', got BOOLEAN$"):
        check_arguments("f", [Argument("BOOLEAN")], [Column("at", "time")])
    check_arguments("f", [Argument("TIMESTAMP")], [Column("at", "time")])


def test_many_columns_are_counted_rather_than_listed() -> None:
    columns = [Column(f"c{number}") for number in range(9)]
    with pytest.raises(
        JobError, match=r"expected 9 columns \(c0, c1, c2, c3 and 5 more\), got 1; missing c1, c2, c3, c4 and 4"
    ):
        check_arguments("f", [DOUBLE], columns)


def test_other_calls_open_no_registry() -> None:
    def fail() -> NoReturn:
        pytest.fail("opened")

    check_call(call("x", function="upper"), SqlModels(fail))
    check_call(call(None), SqlModels(fail))
