"""SQL functions in queries of Flink, registered by name and in SQL, on the functions' own worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from conf.loading.loader import settings_from
from jobs.flink.environment import open_session
from jobs.flink.jvm.collection import planning
from models.inspect import spec_from_file
from models.lifecycle import promote
from models.registry import local_registry
from tests.support.tiny_models import linear, write_classes, write_linear, write_opposite
from udfs.sql import FUNCTIONS

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment

Query = Callable[[str], "list[tuple[Any, ...]]"]

ROWS = [(1.0, 2.0, 3.0), (4.0, 0.5, 23.0), (2.5, 1.0, 12.0)]
WANT = linear(np.array(ROWS))
COLUMNS = ("amount", "size", "hour")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> StreamTableEnvironment:
    """A session with the functions of both registrations, a table of three rows and a registry of three models."""
    folder = tmp_path_factory.mktemp("sql")
    place = local_registry(folder / "registry")
    for name, version, write, more in (
        ("payments", "1.0.0", write_linear, {}),
        ("payments", "2.0.0", write_opposite, {}),
        ("risks", "1.0.0", write_certain, {"task": "binary", "classes": ("no", "yes")}),
    ):
        file = write(folder / name / version)
        place.publish(spec_from_file(file, name, version, feature_columns=COLUMNS, **more), file)
    promote(place, "payments", "1.0.0")
    session = open_session(settings_from({}), extra={"restart-strategy.type": "none"})
    found = session.tables
    found.get_config().set("pipeline.global-job-parameters", f"gress.registry:{folder / 'registry'}")
    listed = ", ".join(f"({number}, {a}, {b}, {c})" for number, (a, b, c) in enumerate(ROWS))
    with planning():
        for name in FUNCTIONS:
            found.execute_sql(f"CREATE TEMPORARY SYSTEM FUNCTION {name} AS 'udfs.sql.{name}' LANGUAGE PYTHON")
        rows = f"SELECT * FROM (VALUES {listed}) AS rows_of_three (id, amount, `size`, `hour`)"
        found.execute_sql(f"CREATE TEMPORARY VIEW payments AS {rows}")
    return found


def write_certain(folder: Path) -> Path:
    return write_classes(folder, picky=False)


@pytest.fixture
def query(tables: StreamTableEnvironment) -> Query:
    def run(text: str) -> list[tuple[Any, ...]]:
        with planning(), tables.execute_sql(text).collect() as rows:
            return sorted(tuple(row) for row in rows)

    return run


def test_predictions_are_those_of_the_model(query: Query) -> None:
    found = query(
        "SELECT id, p.prediction, p.version, p.status FROM"
        " (SELECT id, gress_predict('payments', amount, `size`, `hour`) AS p FROM payments)"
    )
    np.testing.assert_allclose([row[1] for row in found], WANT, rtol=1e-6)
    assert {row[2:] for row in found} == {("1.0.0", "ok")}


def test_features_and_three_fields_of_a_prediction_are_one_operator(tables: StreamTableEnvironment) -> None:
    calls = "gress_predict('payments', amount, `size`, `hour`) AS p, gress_features('mine.yaml', amount) AS f"
    with planning():
        plan = tables.explain_sql(
            "SELECT id, f[1], p.prediction, p.version, p.status FROM"
            f" (SELECT id, {calls} FROM payments) WHERE p.prediction > 0 AND f[1] > 0"
        )
    physical = plan[plan.index("Optimized Physical Plan") : plan.index("Optimized Execution Plan")]
    assert physical.count("PythonCalc") == 1
    assert physical.count("gress_predict(") == physical.count("gress_features(") == 1


def test_a_row_goes_by_its_names_and_a_version_is_pinned(query: Query) -> None:
    named = "CAST(ROW(`hour`, amount, `size`) AS ROW<`hour` DOUBLE, amount DOUBLE, `size` DOUBLE>)"
    found = query(
        f"SELECT id, gress_predict('payments', {named}).prediction,"
        " gress_predict('payments$2.0.0', amount, `size`, `hour`).version FROM payments"
    )
    np.testing.assert_allclose([row[1] for row in found], WANT, rtol=1e-6)
    assert {row[2] for row in found} == {"2.0.0"}


def test_nulls_and_no_rows(query: Query) -> None:
    call = "gress_predict('payments', NULLIF(amount, 4.0), `size`, `hour`)"
    found = query(f"SELECT id, p.prediction, p.status FROM (SELECT id, {call} AS p FROM payments)")
    np.testing.assert_allclose([found[0][1], found[2][1]], WANT[[0, 2]], rtol=1e-6)
    assert query(f"SELECT {call}.label FROM payments WHERE id > 9") == []


def test_each_class_is_a_row(query: Query) -> None:
    join = "FROM payments, LATERAL TABLE(gress_score('risks', {}amount, `size`, `hour`)) AS t"
    found = query(f"SELECT id, place, label, score, model, version, status, reason {join.format('')}")
    assert {row[4:] for row in found} == {("risks", "1.0.0", "ok", None)}
    assert [row[:2] for row in found] == [(number, place) for number in range(3) for place in (1, 2)]
    for number, score in enumerate(WANT):
        want = sorted([("yes", float(score)), ("no", 1 - float(score))], key=lambda each: -each[1])
        assert [row[2] for row in found[2 * number : 2 * number + 2]] == [label for label, _ in want]
        scores = [row[3] for row in found[2 * number : 2 * number + 2]]
        np.testing.assert_allclose(scores, [each for _, each in want], rtol=1e-5)
    chosen = join.format("MAP['top_k', '1'], ")
    assert query(f"SELECT id, place, label, score {chosen}") == [row[:4] for row in found if row[1] == 1]


def test_all_versions_stand_side_by_side_with_refused_rows_and_literals_go_with_each_row(query: Query) -> None:
    calls = (
        "LATERAL TABLE(gress_score('payments$all', NULLIF(amount, 4.0), `size`, `hour`)) AS t,"
        " LATERAL TABLE(gress_score('payments', 1.0, 2, CAST(3 AS DOUBLE))) AS l"
    )
    found = query(f"SELECT id, t.version, t.place, t.status, t.reason, t.score, l.score FROM payments, {calls}")
    assert [row[:2] for row in found] == [(number, version) for number in range(3) for version in ("1.0.0", "2.0.0")]
    assert {row[2:6] for row in found[2:4]} == {(None, "dead_letter", "not_finite", None)}
    kept = [row for row in found if row[3] == "ok"]
    want = [score for good in WANT[[0, 2]] for score in (good, 1 - good)]
    np.testing.assert_allclose([row[5] for row in kept], want, rtol=1e-5)
    np.testing.assert_allclose([row[6] for row in found], [WANT[0]] * 6, rtol=1e-6)


def test_features_are_an_array(query: Query, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "job: {name: mine, events: {id: id, key: id, time: at, fields: {id: {type: string}, at: {type: timestamp},"
        " amount: {type: double}}}, features: {name: mine, specs: [{name: log_amount, type: log, source: amount},"
        " {name: amount, type: numerical, source: amount}]}, inference: {model_name: none}}"
    )
    found = query(f"SELECT id, gress_features('{path}', amount) FROM payments")
    amounts = np.array(ROWS)[:, 0]
    np.testing.assert_allclose([row[1] for row in found], np.column_stack([np.log1p(amounts), amounts]), rtol=1e-6)


@pytest.fixture
def tokyo(tables: StreamTableEnvironment) -> Iterator[None]:
    tables.get_config().set("table.local-time-zone", "Asia/Tokyo")
    yield
    tables.get_config().set("table.local-time-zone", "UTC")


def test_a_time_may_have_any_type_of_times(query: Query, tokyo: None, tmp_path: Path) -> None:
    """Midnight of the fifth in Tokyo is three in the afternoon of the fourth in UTC."""
    path = tmp_path / "hours.yaml"
    path.write_text(
        "job: {name: hours, events: {id: id, key: id, time: at, fields: {id: {type: string}, at: {type: timestamp}}},"
        " features: {name: hours, specs: [{name: hour, type: temporal, parameters: {fields: [hour]}}]},"
        " inference: {model_name: none}}"
    )
    at = "CAST(TIMESTAMP '2026-01-05 00:00:00' + INTERVAL '1' SECOND * CAST(id AS INT) AS {})"
    columns = [
        at.format("TIMESTAMP(3)"), at.format("TIMESTAMP_LTZ(3)"), at.format("STRING"), at.format("DATE"),
        "1767571200000 + id",
    ]  # fmt: skip
    calls = ", ".join(f"gress_features('{path}', {column})[1]" for column in columns)
    assert query(f"SELECT id, {calls} FROM payments") == [(row, 0.0, 15.0, 0.0, 0.0, 0.0) for row in range(3)]


def test_rows_that_are_taken_back_are_scored_as_they_were(query: Query) -> None:
    """Each of the three rows changes the count, and only the last stands: else the least would be that of the first."""
    columns, counted = "n, 1.0, 2.0", "(SELECT COUNT(*) AS n FROM payments)"
    predicted = f"SELECT n, gress_predict('payments', {columns}).prediction AS p FROM {counted}"
    classes = f"LATERAL TABLE(gress_score('payments', {columns})) AS t"
    found = query(f"SELECT COUNT(*), MIN(n), MIN(p), MIN(score) FROM ({predicted}), {classes}")
    assert found[-1][:2] == (1, 3)
    np.testing.assert_allclose(found[-1][2:], [linear(np.array([[3.0, 1.0, 2.0]]))[0]] * 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("gress_predict('payment', amount, `size`, `hour`)", "nearest valid name 'payments'"),
        ("gress_predict('payments', amount)", "expected 3 columns"),
    ],
    ids=["model", "columns"],
)
def test_wrong_calls_end_with_one_reason(query: Query, call: str, text: str) -> None:
    with pytest.raises(Exception, match=text):
        query(f"SELECT id, {call}.label FROM payments")
