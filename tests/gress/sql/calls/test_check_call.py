"""Calls that no row could satisfy are refused before a job starts."""

from __future__ import annotations

from typing import NoReturn

import pytest

from conf.settings import Settings
from gress.sql.calls.call import Argument, Call
from gress.sql.calls.check_call import check_call
from gress.sql.calls.fitting_columns import check_arguments
from jobs.errors import JobError
from udfs.sql.options import SqlOptions
from udfs.sql.signature import Column
from udfs.sql.sql_models import SqlModels

OPTIONS = Argument("MAP", entries=(("top_k", "1"), ("threshold", "0.5")))
LITERALS = tuple(Argument(kind, is_literal=True) for kind in ("DOUBLE", "INTEGER", "CHAR"))
DOUBLE, INT, TEXT, NULL = (Argument(kind) for kind in ("DOUBLE", "INTEGER", "VARCHAR", "NULL"))

ROWS = Argument("ARRAY")


def row(**fields: str) -> Argument:
    return Argument("ROW", tuple(fields.items()))


def call(name: str | None, *arguments: Argument, function: str = "gress_predict") -> Call:
    return Call(function, name, arguments)


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(call("fraud-detector", DOUBLE, INT, TEXT), id="in the order of the model"),
        pytest.param(call("fraud-detector$1.0.0", DOUBLE, INT, Argument("CHAR")), id="pinned"),
        pytest.param(call("fraud-detector$all", DOUBLE, INT, TEXT, function="gress_score"), id="one of all versions"),
        pytest.param(call("fraud$1.0.0", TEXT, INT, DOUBLE), id="version of CREATE MODEL"),
        pytest.param(call("fraud-detector", OPTIONS, DOUBLE, INT, TEXT, function="gress_score"), id="options"),
        pytest.param(call("fraud-detector", *LITERALS, function="gress_score"), id="literals beside a table"),
        pytest.param(call("fraud-detector", NULL, NULL, NULL), id="nulls"),
        pytest.param(call("fraud", TEXT, INT, DOUBLE), id="in the order of CREATE MODEL"),
        pytest.param(
            call("fraud-detector", row(merchant="CHAR", age="DECIMAL", amount="REAL", id="DATE")), id="by name"
        ),
        pytest.param(
            call("fraud-detector", Argument("ROW", (("EXPR$0", "DOUBLE"), ("EXPR$1", "DOUBLE"), ("EXPR$2", "CHAR")))),
            id="row without names",
        ),
        pytest.param(call(None, TEXT), id="name from a column"),
        pytest.param(call("unknown", function="other"), id="another function"),
    ],
)
def test_calls_that_fit_are_let_through(good: Call, models: SqlModels) -> None:
    check_call(good, models)


@pytest.mark.parametrize("function", ["gress_predict", "gress_score", "gress_features"])
def test_a_call_of_nothing_says_what_it_lacks(function: str, models: SqlModels) -> None:
    with pytest.raises(JobError, match=rf"^{function}: expected a name in quotes and columns, got nothing; as in"):
        check_call(Call(function, None, (), is_empty=True), models)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        pytest.param(
            call("fraud-detectr", DOUBLE),
            r"^gress_predict\('fraud-detectr'\): model 'fraud-detectr' has no version in .*; "
            r"nearest valid name 'fraud-detector'$",
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
            call("fraud-detector", *LITERALS),
            r"expected a column of a table among the arguments, got literals",
            id="literals",
        ),
        pytest.param(
            Call("gress_score", "fraud-detector", LITERALS, has_rows=False),
            r"^gress_score\('fraud-detector'\): expected a column of a table among the arguments, got literals alone",
            id="literals without a table",
        ),
        pytest.param(
            call("fraud-detector$all", DOUBLE, INT, TEXT),
            r"^gress_predict\('fraud-detector\$all'\): expected one version, got all of them; gress_score has rows for",
            id="all versions",
        ),
        pytest.param(
            call("fraud-detector$all", DOUBLE, function="gress_score"),
            r"^gress_score\('fraud-detector\$all'\): .*0\.9\.0 has input .*, whose columns nobody named",
            id="none of all versions",
        ),
        pytest.param(
            call(
                "fraud-detector", Argument("MAP", entries=(("topk", "1"),)), DOUBLE, INT, TEXT, function="gress_score"
            ),
            r"options of gress_score: expected top_k or threshold, got 'topk'; nearest valid name 'top_k'",
            id="option",
        ),
        pytest.param(
            call("fraud-detector", OPTIONS, DOUBLE, INT, INT, function="gress_score"),
            r"^gress_score\('fraud-detector'\): expected a text for column 'merchant', got INTEGER",
            id="type behind options",
        ),
        pytest.param(
            call("fraud-detectr", ROWS, function="gress_drift"),
            r"^gress_drift\('fraud-detectr'\): model 'fraud-detectr' has no version in .*nearest valid name 'fraud-",
            id="drift of an unknown model",
        ),
        pytest.param(
            call("fraud-detector$1.0.0", ROWS, function="gress_drift"),
            r"^gress_drift\('fraud-detector\$1\.0\.0'\): model fraud-detector@1\.0\.0 has no baseline to compare with",
            id="drift without a baseline",
        ),
        pytest.param(
            call("fraud-detector$1.0.0", DOUBLE, function="gress_explain"),
            r"^gress_explain\('fraud-detector\$1\.0\.0'\): ",
            id="explanation of a call that does not fit",
        ),
        pytest.param(
            call("fraud-detector$0.9.0", DOUBLE),
            r"0\.9\.0 has input .*, whose columns nobody named; register it with --features",
            id="model that does not name its columns",
        ),
        pytest.param(
            call("fraud-detector", row(amount="DOUBLE", age="INTEGER", merchant="CHAR", more="ROW")),
            r"expected numbers, texts or times in the row, got ROW in field 'more'; give the columns one by one",
            id="row in a row",
        ),
        pytest.param(
            call("fraud-detector", row(EXPR0="TIMESTAMP_WITH_LOCAL_TIME_ZONE")),
            r"got TIMESTAMP_WITH_LOCAL",
            id="moment in a row",
        ),
        pytest.param(
            call("fraud", row(EXPR0="DOUBLE")), r"expected a column 'merchant', got EXPR0", id="row with other names"
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
    with pytest.raises(JobError, match=r"^f: expected a date with a time of day for column 'at', got BOOLEAN$"):
        check_arguments("f", [Argument("BOOLEAN")], [Column("at", "time")])
    with pytest.raises(JobError, match=r"got TIME$"):
        check_arguments("f", [Argument("TIME")], [Column("at", "time")])
    for kind in ("TIMESTAMP", "TIMESTAMP_WITH_LOCAL_TIME_ZONE", "DATE", "VARCHAR", "BIGINT"):
        check_arguments("f", [Argument(kind)], [Column("at", "time")])


def test_many_columns_are_counted_rather_than_listed() -> None:
    columns = [Column(f"c{number}") for number in range(9)]
    with pytest.raises(
        JobError, match=r"expected 9 columns \(c0, c1, c2, c3 and 5 more\), got 1; missing c1, c2, c3, c4 and 4"
    ):
        check_arguments("f", [DOUBLE], columns)


def test_other_calls_open_no_registry() -> None:
    def fail(_: Settings) -> NoReturn:
        pytest.fail("opened")

    check_call(call("x", function="upper"), SqlModels(SqlOptions(), fail))
    check_call(call(None), SqlModels(SqlOptions(), fail))
