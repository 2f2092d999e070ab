"""`gress sql` on a real table environment."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from pyflink.common import Row
from pyflink.table import DataTypes, FunctionContext, ScalarFunction
from pyflink.table.udf import udf

from conf.loading.loader import settings_from
from gress.cli.sql.command import models_of
from gress.sql.execution import Executor, SessionEnd, Show, StatementError
from gress.sql.session import SqlSession
from gress.sql.session_options import SessionOptions
from gress.sql.statements import Statement, split_statements
from udfs.sql import gress_score

Say = Callable[[str], list[str]]


class _Parameters(ScalarFunction):  # type: ignore[misc]
    """Returns what it is given, and the models that it is told of."""

    def open(self, context: FunctionContext) -> None:
        self._models = context.get_job_parameter("gress.models", "none")

    def eval(self, *given: object) -> Row:
        return Row(str(given), self._models)


@pytest.fixture(scope="module")
def session(repository: Path) -> SqlSession:
    row = DataTypes.ROW([DataTypes.FIELD(name, DataTypes.STRING()) for name in ("given", "told")])
    settings = settings_from({"ml": {"model_registry": {"base_path": str(repository / "models")}}})
    functions = {"gress_predict": udf(_Parameters(), result_type=row), "gress_score": gress_score}
    return SqlSession(SessionOptions(settings, is_batch=True), functions)


@pytest.fixture(scope="module")
def say(session: SqlSession) -> Say:
    """Run statements and return the lines of their answers."""
    models = models_of(session)
    lines: list[str] = []

    def say(text: str) -> list[str]:
        lines.clear()
        executor = Executor(session, models, lines.extend, lines.extend)
        for statement in split_statements(text + ";").statements:
            executor.run(statement, "x.sql")
        return list(lines)

    return say


def test_inserts_of_a_set_are_waited_for_before_the_next_statement(say: Say, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("1,ann\n2,\n", encoding="utf-8")
    options = "'connector' = 'filesystem', 'path' = '{}', 'format' = '{}'"
    lines = say(f"""
        CREATE TABLE given (id INT, name STRING) WITH ({options.format(tmp_path / "in.csv", "csv")});
        CREATE TABLE kept (id INT, name STRING) WITH ({options.format(tmp_path / "out", "json")});
        BEGIN STATEMENT SET;
        INSERT INTO kept SELECT * FROM given;
        INSERT INTO kept SELECT id, CASE WHEN id > 1 THEN 'more' ELSE ';' END FROM given;
        END;
        SELECT id, name FROM kept ORDER BY id, name;
    """)
    assert lines[:2] == ["OK", "OK"]
    assert re.fullmatch("OK: job [0-9a-f]{32}", lines[2])
    assert lines[3:] == [
        "id  name", "--  ----", " 1  ;", " 1  ann", " 2", " 2  more", "4 rows",
    ]  # fmt: skip


def test_a_table_may_have_the_columns_of_any_type_and_nulls_wherever_they_stand(say: Say) -> None:
    null = "CAST(NULL AS STRING)"
    plain = "ROW(1, 'b') AS r, ARRAY[1, 2] AS a, MAP['k', 1.50] AS m, CAST(NULL AS INT) AS n, x'41' AS b"
    nulls = f"ROW(1, {null}, ROW({null}, 2)) AS rn, ARRAY[1, CAST(NULL AS INT)] AS an, MAP['k', {null}] AS mn"
    lines = say(f"SELECT {plain}, {nulls}")
    want = ["(1, b)", "[1, 2]", "{k=1.50}", "NULL", "x'41'", "(1, NULL, (NULL, 2))", "[1, NULL]", "{k=NULL}"]
    assert re.split(r" {2,}", lines[2]) == want


def test_times_are_shown_as_the_query_has_them(say: Say) -> None:
    """The microseconds are lost in a float of seconds, and the hour is not there in New York."""
    exact, gap = "TIMESTAMP '2004-02-08 17:26:31.179340'", "TIMESTAMP '2026-03-08 02:30:00'"
    moment = "TO_TIMESTAMP_LTZ(1, 3) AS z"
    nested = f"ROW({gap}, 2, CAST(NULL AS TIMESTAMP(3))) AS r, ARRAY[{exact}] AS a, MAP[CAST(7 AS BIGINT), {gap}] AS m"
    lines = say(f"SELECT {exact} AS t, {gap} AS g, {moment}, INTERVAL '1' DAY AS i, {nested}")
    shown_exact, shown_gap = "2004-02-08 17:26:31.179340", "2026-03-08 02:30:00"
    want = [shown_exact, shown_gap, "1970-01-01 00:00:00.001Z", "PT24H"]
    want += [f"({shown_gap}, 2, NULL)", f"[{shown_exact}]", f"{{7={shown_gap}}}"]
    assert re.split(r" {2,}", lines[2]) == want


def test_multisets_are_shown_with_the_number_of_each_value(say: Say) -> None:
    """PyFlink's reader fails on multisets of moments."""
    values = ", ".join(f"(TIMESTAMP '2026-03-01 10:00:0{second}', {second})" for second in (1, 1))
    lines = say(f"SELECT COLLECT(t) AS m, COLLECT(ROW(n, 'a')) AS r, COLLECT(n) AS n FROM (VALUES {values}) AS v(t, n)")
    assert re.split(r" {2,}", lines[2]) == ["{2026-03-01 10:00:01=2}", "{(1, a)=2}", "{1=2}"]


def test_an_error_names_file_line_and_the_nearest_name(say: Say) -> None:
    say("CREATE TEMPORARY VIEW paid AS SELECT 1 AS amount")
    with pytest.raises(
        StatementError, match=r"^x.sql:4: expected a column of the tables, got 'amont'; nearest.*'amount'$"
    ):
        say("SHOW TABLES;\n\nSELECT 1 AS id,\n amont FROM paid")


def test_a_job_that_fails_says_why_at_once(say: Say) -> None:
    with pytest.raises(StatementError, match=r"^x.sql:1: For input string: 'x'"):
        say("SELECT CAST(a AS INT) FROM (VALUES ('x')) AS v(a)")


def test_options_are_set_listed_and_taken_back(say: Say) -> None:
    # The planner adds an option of its own with the first plan.
    say("EXPLAIN SELECT 1 AS a")
    before = say("SET")
    assert say("SET 'table.local-time-zone' = 'Asia/Tokyo'; RESET 'pipeline.name'") == ["OK", "OK"]
    assert "'table.local-time-zone' = 'Asia/Tokyo'" in say("SET")
    assert say("RESET; SET") == ["OK", *before]


def test_a_value_that_an_option_does_not_take_is_refused_at_once(say: Say) -> None:
    before = say("SET")
    wrong = {
        ("parallelism.default", "abc"): "parallelism.default: expected a value of its type, got 'abc'$",
        ("parallelism.default", "0"): "Parallelism must be at least one",
        ("table.exec.sink.not-null-enforcer", "x"): "enforcer: expected one of ERROR, DROP, got 'x'$",
        ("table.local-time-zone", "Mars/Olympus"): "Invalid time zone",
    }
    for (key, value), text in wrong.items():
        with pytest.raises(StatementError, match=f"^x.sql:1: .*{text}"):
            say(f"SET '{key}' = '{value}'")
    assert say("SET") == before


def test_a_missing_jar_is_named_in_one_line(say: Say) -> None:
    with pytest.raises(StatementError, match=r"^x.sql:1: jar or artifact resource \[/nowhere/x.jar\] not found\.$"):
        say("ADD JAR '/nowhere/x.jar'")


@pytest.mark.parametrize("text", ["SHOW JOBS", "CLEAR", "REMOVE JAR '/nowhere/x.jar'"])
def test_statements_of_other_clients_are_named(say: Say, text: str) -> None:
    with pytest.raises(StatementError, match=rf"got {text[:10]}.*; `gress sql-client` may run it$"):
        say(text)


def test_the_mode_of_a_session_cannot_change(say: Say) -> None:
    assert say("SET 'execution.runtime-mode' = 'batch'; RESET") == ["OK", "OK"]
    with pytest.raises(StatementError, match="expected the mode of the session, got 'streaming'; start another"):
        say("SET 'execution.runtime-mode' = 'streaming'")


def test_quit_ends_the_session(say: Say) -> None:
    with pytest.raises(SessionEnd):
        say("QUIT")


def test_plans_and_definitions_are_shown_as_they_are(say: Say) -> None:
    say("CREATE TEMPORARY VIEW single AS SELECT 1 AS a")
    assert any(
        line.startswith("== Optimized Execution Plan ==")
        for line in "\n".join(say("EXPLAIN SELECT * FROM single")).splitlines()
    )


def test_rows_of_a_stream_come_until_an_interrupt_and_the_session_goes_on() -> None:
    session = SqlSession(SessionOptions(settings_from({})), {})
    models = models_of(session)
    seen: list[str] = []

    def watch(lines: Iterable[str]) -> None:
        for line in lines:
            seen.append(line)
            if len(seen) == 4:
                raise KeyboardInterrupt

    def run(text: str, show: Show) -> None:
        Executor(session, models, show, show).run(Statement(text, 1), "x.sql")

    run("CREATE TABLE ticks (id BIGINT) WITH ('connector' = 'datagen', 'fields.id.kind' = 'random')", seen.extend)
    seen.clear()
    with pytest.raises(KeyboardInterrupt):
        run("SELECT id > 0 OR id <= 0 AS is_there FROM ticks", watch)
    assert seen == ["op  is_there", "--  --------", "+I  TRUE", "+I  TRUE"]
    later: list[str] = []
    run("SELECT COUNT(*) AS n FROM (VALUES (1), (2)) AS v(a)", later.extend)
    assert later == ["op  n", "--  -", "+I  1", "-U  1", "+U  2", "3 rows"]


@pytest.fixture
def network(say: Say) -> Iterator[str]:
    """A model of CREATE MODEL, by its name."""
    say("CREATE MODEL network WITH ('provider' = 'gress', 'model' = 'fraud-network')")
    yield "network"
    say("DROP MODEL IF EXISTS network")


def test_functions_are_told_of_created_models(say: Say, network: str) -> None:
    columns = ", ".join(["amount", *["0.5"] * 20])
    payment = "(VALUES (0.5), (0.25)) AS payments (amount) LIMIT 1"
    told = json.loads(say(f"SELECT gress_predict('{network}', {columns}).told AS m FROM {payment}")[2])
    assert list(told) == [network]
    assert (told[network]["model"], len(told[network]["inputs"])) == ("fraud-network", 21)


def test_a_created_model_is_described_from_the_registry_and_altered(say: Say, network: str) -> None:
    assert network in say("SHOW MODELS")
    assert "version   1.0.0 (serves; follows the registry)" in say(f"DESCRIBE MODEL {network}")
    say(f"ALTER MODEL {network} SET ('version' = '1.0.0')")
    assert "version   1.0.0 (pinned)" in say(f"DESCRIBE MODEL {network}")
    with pytest.raises(StatementError, match=r"has no version 8\.0\.0"):
        say(f"ALTER MODEL {network} SET ('version' = '8')")
    say(f"DROP MODEL {network}")
    with pytest.raises(StatementError, match="model 'network' has no version"):
        say("SELECT gress_predict('network', 1)")


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("SELECT 1 AS a, {} AS p FROM seen", id="select"),
        pytest.param("SELECT a FROM seen WHERE {} = 'x'", id="where"),
        pytest.param("SELECT a FROM seen WHERE a IN (SELECT a FROM seen WHERE {} = 'x')", id="sub-query"),
        pytest.param("SELECT seen.a FROM seen JOIN seen AS other ON {} = 'x'", id="join"),
        pytest.param("SELECT MAX({}) FROM seen", id="aggregate"),
        pytest.param("SELECT UPPER({}) FROM seen ORDER BY 1", id="in another call"),
        pytest.param("CREATE TEMPORARY VIEW wrong AS SELECT {} AS p FROM seen", id="view"),
        pytest.param("CREATE TABLE kept WITH ('connector' = 'blackhole') AS SELECT {} AS p FROM seen", id="table"),
        pytest.param("EXPLAIN SELECT {} FROM seen", id="explain"),
        pytest.param("INSERT INTO hole SELECT {} FROM seen", id="insert"),
        pytest.param("EXECUTE STATEMENT SET BEGIN INSERT INTO hole SELECT {} FROM seen; END", id="set"),
    ],
)
def test_wrong_calls_are_found_wherever_they_stand(query: str, say: Say) -> None:
    say(
        "CREATE TEMPORARY VIEW IF NOT EXISTS seen AS SELECT * FROM (VALUES (1)) AS v(a);"
        "CREATE TABLE IF NOT EXISTS hole (p STRING) WITH ('connector' = 'blackhole')"
    )
    with pytest.raises(
        StatementError, match=r"^x.sql:1: gress_predict\('fraud-netwrk'\): .*nearest valid name 'fraud-network'$"
    ):
        say(query.format("gress_predict('fraud-netwrk', seen.a).given"))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SELECT t.label FROM seen, LATERAL TABLE(gress_score('fraud-netwrk', a)) AS t", "nearest valid name"),
        ("SELECT a FROM seen LEFT JOIN LATERAL TABLE(gress_score('fraud-network', a)) AS t ON TRUE", "got 1; missing"),
        ("SELECT 1 FROM seen, LATERAL TABLE(gress_score('fraud-network', MAP['topk', '1'], a))", "valid name 'top_k'"),
        ("SELECT 1 FROM seen, LATERAL TABLE(gress_score('fraud-network', MAP['top_k', 0], a))", "at least 1, got '0'"),
        (f"SELECT 1 FROM LATERAL TABLE(gress_score('fraud-network', {', '.join(['-1.5'] * 21)}))", "literals alone"),
        (f"SELECT gress_predict('fraud-network', {', '.join(['CAST(1 AS DOUBLE)'] * 21)})", "literals alone"),
        ("SELECT gress_predict('fraud-network$all', a) FROM seen", "gress_score has rows for each version"),
    ],
    ids=["model", "count", "option", "value of an option", "literals", "literals of a cast", "all versions"],
)
def test_calls_that_fit_no_row_are_found_before_a_job_starts(query: str, text: str, say: Say) -> None:
    say("CREATE TEMPORARY VIEW IF NOT EXISTS seen AS SELECT * FROM (VALUES (1)) AS v(a)")
    with pytest.raises(StatementError, match=rf"^x.sql:1: gress_(score|predict)\(.*{text}"):
        say(query)


def test_types_of_arguments_are_those_of_the_statement(say: Say) -> None:
    columns = ", ".join(["CAST(1 AS BIGINT)", "'text'", *["NULL"] * 19])
    with pytest.raises(StatementError, match=r"expected a number for column 'TX_DURING_WEEKEND', got CHAR"):
        say(f"SELECT gress_predict('fraud-network', {columns}).given")


def test_queries_have_no_checkpoints_to_wait_for_and_inserts_have(repository: Path) -> None:
    settings = {"execution": {"checkpoint_interval": "1h"}, "ml": {"model_registry": {"base_path": str(repository)}}}
    session = SqlSession(SessionOptions(settings_from(settings)), {})
    jobs = session.tables._j_tenv.getPlanner().getExecEnv()
    seen: list[str] = []
    intervals: list[int] = []

    def look(lines: Iterable[str]) -> None:
        seen.extend(itertools.islice(lines, 4))
        intervals.append(jobs.getCheckpointInterval())

    executor = Executor(session, models_of(session), look, look)
    ticks = "CREATE TABLE ticks (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '5')"
    session.query(ticks)
    query = Statement("SELECT 'seen' FROM ticks", 1)
    executor.run(query, "test")
    session.execute("CREATE TABLE nothing (id BIGINT) WITH ('connector' = 'blackhole')")
    forget = session._forget

    def note_and_forget(key: str) -> None:
        intervals.append(jobs.getCheckpointInterval())
        forget(key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_forget", note_and_forget)
        session.execute("INSERT INTO nothing VALUES (1)").wait()
    executor.run(query, "test")
    assert intervals == [-1, 3_600_000, -1]
    assert [line.split() for line in seen[-2:]] == [["+I", "seen"], ["+I", "seen"]]
