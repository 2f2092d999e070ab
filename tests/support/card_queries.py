"""Queries of each SQL function on card transactions, and a program that asks the same of the Table API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SINKS: Mapping[str, str] = {
    "predictions": "id BIGINT, prediction DOUBLE, version STRING, status STRING",
    "classes": "id BIGINT, label STRING, score DOUBLE, place INT",
    "vectors": "id BIGINT, vector ARRAY<DOUBLE>",
    "evaluations": "since STRING, auc DOUBLE, average_precision DOUBLE, log_loss DOUBLE, error DOUBLE, n BIGINT",
    "drifts": "since STRING, version STRING, n BIGINT, score DOUBLE, found ARRAY<ROW<name STRING, psi DOUBLE,"
    " ks DOUBLE, q DOUBLE, score DOUBLE, verdict STRING>>",
    "explanations": "id BIGINT, version STRING, feature STRING, contribution DOUBLE, base DOUBLE, prediction DOUBLE,"
    " scale STRING",
}
"""Tables of what the functions find, and their columns."""

CLASSES_OF, EXPLAINED = 1000, 20
"""Rows of the functions that go row by row; the others get all."""

TABLE_API = """
import gress
from pyflink.table import DataTypes
from pyflink.table.expressions import col, lit, row
from pyflink.table.window import Tumble
from udfs.sql import gress_drift, gress_evaluate, gress_explain
features, vector = list(map(col, columns)), list(map(col, inputs))
source = tables.from_path("features")
p = gress.predict(model, *features, registry=registry).alias("p")
scored = source.select(col("id"), col("TX_DATETIME"), col("TX_FRAUD"), *features, p)
first = lambda rows: source.where(col("id") < rows)
found = {
    "predictions": scored.select(col("id"), *(col("p").get(name) for name in ("prediction", "version", "status"))),
    "classes": first(classes_of).join_lateral(gress.classes(model, *features, registry=registry)).select(
        *map(col, ("id", "label", "score", "place"))),
    "vectors": source.select(col("id"), gress.features("fraud-detection", *vector)),
}
days = scored.window(Tumble.over(lit(1).days).on(col("TX_DATETIME")).alias("day")).group_by(col("day"))
gathered = days.select(
    col("day").start.cast(DataTypes.STRING()).alias("since"),
    row(col("TX_FRAUD"), col("p").get("prediction")).array_agg.alias("answers"),
    row(*features).array_agg.alias("seen"),
)
e = gathered.select(col("since"), gress_evaluate(col("answers")).alias("e"))
names = ("auc", "average_precision", "log_loss", "calibration_error", "rows")
found["evaluations"] = e.select(col("since"), *(col("e").get(name) for name in names))
d = gathered.select(col("since"), gress_drift(lit(model), col("seen")).alias("d"))
names = ("version", "rows", "score", "columns")
found["drifts"] = d.select(col("since"), *(col("d").get(name) for name in names))
names = ("id", "version", "feature", "contribution", "base", "prediction", "scale")
one, two = (
    first(explained).join_lateral(gress_explain(lit(each), *features)).select(*map(col, names))
    for each in (model, linear)
)
found["explanations"] = one.union_all(two)
inserts = tables.create_statement_set()
for name, table in found.items():
    inserts.add_insert(name, table)
inserts.execute().wait()
"""
"""Text of a program behind ``PROGRAM``."""

DDL = """
for name in functions:
    tables.execute_sql(f"CREATE FUNCTION {name} AS 'udfs.sql.{name}' LANGUAGE PYTHON")
for statement in (view, insert):
    tables.execute_sql(statement).wait()
"""
PROGRAM = """
import json, sys
from pyflink.table import EnvironmentSettings, TableEnvironment
globals().update(json.loads(sys.argv[1]))
tables = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
for key in ("python.executable", "python.client.executable"):
    tables.get_config().set(key, sys.executable)
tables.get_config().set("pipeline.global-job-parameters", "gress.registry:" + registry)
for statement in statements:
    tables.execute_sql(statement)
"""


@dataclass(frozen=True)
class CardQueries:
    """Statements on a file of features.

    Attributes:
        source: JSON lines with ``id``, ``TX_DATETIME``, ``TX_FRAUD`` and the features.
        columns: names of the features, in the model's order.
        inputs: names of the columns from which the job computes the features, in the job's order.
        model: name and version of the model of the job.
        linear: name and version of a linear model, which is explained, too.
    """

    source: Path
    columns: Sequence[str]
    inputs: Sequence[str]
    model: str
    linear: str

    @property
    def view(self) -> str:
        """The statement that names the scored rows."""
        call = f"gress_predict('{self.model}', {', '.join(self.columns)})"
        row = f"SELECT *, {call} AS p FROM features"
        return f"CREATE TEMPORARY VIEW scored AS SELECT *, p.prediction AS prediction FROM ({row})"

    @property
    def queries(self) -> dict[str, str]:
        """The query of each table of ``SINKS``."""
        columns = ", ".join(self.columns)
        days = "FROM TABLE(TUMBLE(TABLE scored, DESCRIPTOR(TX_DATETIME), INTERVAL '1' DAY))"
        days = f"{days} GROUP BY window_start, window_end"
        since = "CAST(window_start AS STRING) AS since"
        explained = (
            "SELECT s.id, e.version, e.feature, e.contribution, e.base, e.prediction, e.scale"
            f" FROM {_first(EXPLAINED)}, LATERAL TABLE(gress_explain('{model}', {columns})) AS e"
            for model in (self.model, self.linear)
        )
        return {
            "predictions": "SELECT id, p.prediction, p.version, p.status FROM scored",
            "classes": f"SELECT s.id, t.label, t.score, t.place FROM {_first(CLASSES_OF)},"
            f" LATERAL TABLE(gress_score('{self.model}', {columns})) AS t",
            "vectors": f"SELECT id, gress_features('fraud-detection', {', '.join(self.inputs)}) FROM features",
            "evaluations": "SELECT since, q.e.auc, q.e.average_precision, q.e.log_loss, q.e.calibration_error,"
            f" q.e.`rows` FROM (SELECT {since}, gress_evaluate(ARRAY_AGG(ROW(TX_FRAUD, prediction))) AS e {days}) AS q",
            "drifts": "SELECT since, q.d.version, q.d.`rows`, q.d.score, q.d.columns"
            f" FROM (SELECT {since}, gress_drift('{self.model}', ARRAY_AGG(ROW({columns}))) AS d {days}) AS q",
            "explanations": " UNION ALL ".join(explained),
        }

    @property
    def insert(self) -> str:
        """The statement that fills all tables of ``SINKS``."""
        inserts = "".join(f"INSERT INTO {name} {query};\n" for name, query in self.queries.items())
        return f"EXECUTE STATEMENT SET BEGIN\n{inserts}END"

    def tables(self, output: Path) -> Iterator[str]:
        """Yield the statements that name the rows and where what is found goes."""
        columns = ", ".join(f"{name} DOUBLE" for name in self.columns)
        given = f"id BIGINT, TX_DATETIME TIMESTAMP(3), TX_FRAUD INT, {columns}"
        for name, definition, path in (
            ("features", given, self.source),
            *((name, definition, output / name) for name, definition in SINKS.items()),
        ):
            options = f"'connector' = 'filesystem', 'format' = 'json', 'path' = '{path}'"
            yield f"CREATE TEMPORARY TABLE {name} ({definition}) WITH ({options})"

    def file(self, output: Path) -> Path:
        """Write a file of all statements."""
        path = output.parent / "score.sql"
        path.write_text(";\n".join([*self.tables(output), self.view, self.insert]) + ";\n")
        return path


def _first(rows: int) -> str:
    return f"(SELECT * FROM features WHERE id < {rows}) AS s"
