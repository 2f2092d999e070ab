from __future__ import annotations

from conf.settings import JdbcSinkSettings
from jobs.flink.sql import View
from jobs.sinks.jdbc import _url, jdbc_values, table_sql
from jobs.sinks.rows import sql_columns
from udfs.rows import PREDICTION

ROWS = View(
    "rows",
    (("id", "BIGINT"), ("at", "TIMESTAMP_LTZ(3)"), ("scores", "ARRAY<DOUBLE>"), ("note", "STRING"), ("ok", "BOOLEAN")),
)


def test_table_has_a_type_for_each_column_of_predictions() -> None:
    made = table_sql("s.scored", sql_columns(PREDICTION))
    assert made.startswith("CREATE TABLE IF NOT EXISTS s.scored (event_id TEXT PRIMARY KEY, event_time TIMESTAMPTZ(3),")
    assert made.count(",") == len(PREDICTION) - 1
    for column in ("scores JSONB", "latency_us BIGINT", "truth DOUBLE PRECISION"):
        assert column in made


def test_times_and_lists_go_as_text_and_a_nul_that_the_database_has_not_is_replaced() -> None:
    assert jdbc_values(ROWS) == (
        "SELECT `id`, TRIM(BOTH '\"' FROM JSON_STRING(`at`)), JSON_STRING(`scores`), "
        r"REPLACE(`note`, U&'\0000', U&'\FFFD'), `ok` FROM `rows`"
    )


def test_parameters_of_the_driver_are_in_the_url() -> None:
    given = {"url": "jdbc:postgresql://db/x", "user": "u", "predictions": "p", "options": {"sslrootcert": "/a b&c"}}
    found = _url(JdbcSinkSettings.model_validate(given))
    assert found == "jdbc:postgresql://db/x?sslrootcert=/a%20b%26c&stringtype=unspecified"
