"""Flink's errors as one line; their texts are those of Flink 2.3."""

from __future__ import annotations

import re

import pytest

from gress.sql.problems import Cause, Known, one_line, problem

KNOWN = Known(lambda: ["transactions"], lambda: ["amount", "id"], lambda: ["upper", "gress_predict"])


def of(*messages: str) -> tuple[int, str]:
    return problem([Cause("X", message) for message in messages], KNOWN)


def test_wrong_syntax_says_what_may_stand_there() -> None:
    message = (
        'SQL parse failed. Encountered "v" at line 3, column 15.\nWas expecting one of:\n    <EOF> \n    "FETCH" ...\n'
        "    <QUOTED_IDENTIFIER> ...\n    "
    )
    assert of(message) == (3, "expected the end of the statement, FETCH, a name, got v")


def test_long_lists_of_words_are_cut() -> None:
    words = "".join(f'    "{word}" ...\n' for word in "ABCDEFGH")
    text = of(f'SQL parse failed. Encountered "x" at line 1, column 1.\nWas expecting one of:\n{words}')[1]
    assert text == "expected A, B, C, D, E, F, or others, got x"


def test_the_end_of_a_statement_has_a_name() -> None:
    message = 'SQL parse failed. Encountered "<EOF>" at line 1, column 13.\nWas expecting one of:\n    "TABLE" ...\n'
    assert of(message)[1] == "expected TABLE, got the end of the statement"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param(
            "From line 2, column 8 to line 2, column 12: Column 'amont' not found in any table",
            "expected a column of the tables, got 'amont'; nearest valid name 'amount'",
            id="column",
        ),
        pytest.param(
            "From line 2, column 15 to line 2, column 17: Object 'transaction' not found",
            "expected a table or view, got 'transaction'; nearest valid name 'transactions'",
            id="table",
        ),
        pytest.param(
            "At line 2, column 1: No match found for function signature gress_predit(<CHARACTER>)",
            "expected a function that takes these, got 'gress_predit'; nearest valid name 'gress_predict'",
            id="function",
        ),
        pytest.param(
            "At line 2, column 1: No match found for function signature upper(<NUMERIC>)",
            "expected a function that takes these, got 'upper'",
            id="arguments of a function that is there",
        ),
        pytest.param(
            "At line 2, column 8: Cannot apply '+' to arguments of type '<CHAR(1)> + <INTEGER>'. Supported:\n'a'\n'b'",
            "Cannot apply '+' to arguments of type '<CHAR(1)> + <INTEGER>'. Supported: 'a' 'b'",
            id="other",
        ),
    ],
)
def test_refusal_names_what_was_expected_and_what_is_near(message: str, text: str) -> None:
    assert of(f"SQL validation failed. {message}", message) == (2, text)


def test_path_of_a_missing_table_is_its_name() -> None:
    message = "Cannot find table '`default_catalog`.`default_database`.`zzz`' in any of the catalogs [default_catalog]."
    assert of(message) == (1, "expected a table or view, got 'zzz'")


def test_a_failed_job_says_its_innermost_cause() -> None:
    assert of("Job execution failed.", "Recovery is suppressed", "File /x is missing")[1] == "File /x is missing"


def test_a_cause_without_a_message_is_named_by_its_class() -> None:
    assert problem([Cause("NullPointerException", "")], KNOWN) == (1, "NullPointerException")


@pytest.mark.parametrize(
    ("innermost", "text"),
    [
        pytest.param(
            "org.apache.beam.vendor.grpc.v1p60p1.io.grpc.StatusRuntimeException: CANCELLED: call already cancelled.",
            "expected Python workers that run, got one that ended: it was killed, .* start the query again$",
            id="killed worker",
        ),
        pytest.param(
            "metadataHandlerProvider", "expected the planner of the session, .*; start another session$", id="planner"
        ),
        pytest.param("Index 0 out of bounds for length 0", "expected a column of a table .* VALUES", id="literals"),
    ],
)
def test_what_java_says_in_riddles_is_told(innermost: str, text: str) -> None:
    assert re.search(text, of("Job execution failed.", innermost)[1])


def test_a_password_in_a_url_is_not_told() -> None:
    assert (
        of("Unable to parse URL jdbc:postgresql://u:word@db/x")[1] == "Unable to parse URL jdbc:postgresql://***@db/x"
    )


def test_an_error_of_this_package_has_no_class() -> None:
    trace = "Error from a worker: Traceback (most recent call last):\n  File x\nmodels.errors.ModelError: no version"
    assert one_line(trace) == "no version"


def test_an_error_of_a_python_function_is_its_last_line() -> None:
    trace = "Error from a worker: Traceback (most recent call last):\n  File x\nValueError: no\n\nJava stack"
    assert one_line(trace) == "ValueError: no"


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        pytest.param("SELEC 1", "expected a statement, got 'SELEC'; nearest valid name 'SELECT'", id="near"),
        pytest.param("explain PLAN", "expected a query in this EXPLAIN, got something else", id="query"),
        pytest.param("42", "expected a statement, got '42'", id="nothing near"),
    ],
)
def test_what_begins_like_no_statement_is_named(statement: str, text: str) -> None:
    message = "Non-query expression encountered in illegal context"
    causes = [Cause("X", f"SQL parse failed. {message}"), Cause("X", message)]
    assert problem(causes, KNOWN, statement) == (1, text)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("Unsupported SQL query! executeSql() only accepts a single SQL statement of type", id="planner"),
        pytest.param("ShowJobsOperation doesn't support ExecutableOperation yet.", id="operation"),
    ],
)
def test_statements_of_other_clients_are_refused_as_such(message: str) -> None:
    told = problem([Cause("X", message)], KNOWN, "show\n jobs")[1]
    assert told == "expected a statement of gress sql, got SHOW JOBS; `gress sql-client` may run it"


def test_a_wrong_value_of_an_option_names_the_option() -> None:
    text = of("Could not parse value 'x' for key 'parallelism.default'.", 'For input string: "x"')[1]
    assert text == "parallelism.default: expected a value of its type, got 'x'"


NAMES = "".join(f"    {kind} ...\n" for kind in ("<QUOTED_IDENTIFIER>", "<IDENTIFIER>"))
VALUES = "".join(f'    "WORD{number}" ...\n' for number in range(100)) + NAMES


@pytest.mark.parametrize(
    ("got", "wanted", "text"),
    [
        pytest.param(
            'Encountered "one"',
            NAMES,
            "expected a name, got one, a reserved word; as a name it is `one`, in backquotes",
            id="reserved",
        ),
        pytest.param(
            'Encountered "value"',
            VALUES,
            "expected a column or another value, got value, a reserved word; as a name it is `value`, in backquotes",
            id="reserved among values",
        ),
        pytest.param(
            'Encountered "x"',
            '    "ALL" ...\n    <UNSIGNED_INTEGER_LITERAL> ...\n    <DECIMAL_NUMERIC_LITERAL> ...\n',
            "expected ALL, a number, got x",
            id="number",
        ),
        pytest.param('Encountered ","', NAMES, "expected a name, got ,", id="no word"),
        pytest.param('Encountered "v"', '    "SET" ...\n', "expected SET, got v", id="no name wanted"),
        pytest.param(
            r'Encountered "\""',
            VALUES,
            'expected a column or another value, got "; texts are in single quotes, names in backquotes',
            id="double quote",
        ),
        pytest.param(
            "Incorrect syntax near the keyword 'FROM'",
            VALUES,
            "expected a column or another value, got FROM",
            id="keyword instead of a value",
        ),
        pytest.param(
            "Incorrect syntax near the keyword 'SHOW'",
            VALUES + '    "SHOW" "TABLES" ...\n    "SHOW" "JARS" ...\n    ',
            "expected TABLES, JARS behind SHOW, got something else",
            id="keyword with a wrong one behind it",
        ),
    ],
)
def test_wrong_words_are_told_from_reserved_ones(got: str, wanted: str, text: str) -> None:
    assert of(f"SQL parse failed. {got} at line 2, column 1.\nWas expecting one of:\n{wanted}") == (2, text)


def test_an_unknown_connector_names_those_that_are_there() -> None:
    outer = "Cannot discover a connector using option: 'connector'='kafca'"
    inner = (
        "Could not find any factory for identifier 'kafca' that implements "
        "'org.apache.flink.table.factories.DynamicTableFactory' in the classpath.\n\n"
        "Available factory identifiers are:\n\nfilesystem\nkafka"
    )
    assert of(outer, inner)[1] == "expected one of filesystem, kafka, got 'kafca'; nearest valid name 'kafka'"


def test_an_unknown_format_is_no_table() -> None:
    text = of("Could not find any format factory for identifier 'jsn' in the classpath.")[1]
    assert text == "expected a format that is at hand, got 'jsn'"


@pytest.mark.parametrize(
    ("innermost", "told"),
    [
        (Cause("NumberFormatException", "empty String"), "an empty one; give the table 'csv.null-literal' = '' if"),
        (Cause("ArrayIndexOutOfBoundsException", "Index 0 out of bounds for length 0"), "an empty one; give the"),
        (Cause("NumberFormatException", 'For input string: "x"'), 'For input string: "x"'),
    ],
    ids=["empty double", "empty decimal", "text"],
)
def test_a_field_that_cannot_be_read_is_named(innermost: Cause, told: str) -> None:
    causes = [Cause("RuntimeException", "Fail to deserialize at field: a."), innermost]
    line, text = problem(causes, Known())
    assert line == 1
    assert text.startswith(f"expected a value of its type in field 'a', got {told}")


@pytest.mark.parametrize(
    "order", ["gress_predict('m', a).prediction", "ABS(a), gress_predict('m', a) . `prediction` DESC"]
)
def test_a_sort_by_a_field_of_a_function_says_the_way_round(order: str) -> None:
    """Flink takes such a field in a SELECT, a WHERE and a GROUP BY, and not here."""
    causes = [Cause("X", "From line 1, column 9 to line 1, column 22: Column 'prediction' not found in any table")]
    want = "name it in the SELECT, as in gress_predict(...).prediction AS x, and ORDER BY x"
    assert problem(causes, KNOWN, f"SELECT id\nFROM t ORDER BY {order}")[1].endswith(want)
    assert "ORDER BY" not in problem(causes, KNOWN, "SELECT prediction FROM t ORDER BY id")[1]
