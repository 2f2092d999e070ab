"""Tables of a database that a job writes: a row an id, and what makes such a table."""

from __future__ import annotations

from contextlib import closing
from typing import Any
from urllib.parse import quote

from conf.settings import JdbcSinkSettings
from jobs.errors import refuse
from jobs.flink.environment import FlinkSession
from jobs.flink.sql import View, create_table
from state.sql import SqlColumns, identifier

_TYPES = {
    "STRING": "TEXT",
    "DOUBLE": "DOUBLE PRECISION",
    "BIGINT": "BIGINT",
    "INT": "INTEGER",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP_LTZ(3)": "TIMESTAMPTZ(3)",
    "ARRAY<DOUBLE>": "JSONB",
}
_OPTIONS = {"sink.buffer-flush.max-rows": "1000", "sink.buffer-flush.interval": "1 s", "sink.max-retries": "3"}


def create_jdbc_sink(session: FlinkSession, name: str, rows: View, jdbc: JdbcSinkSettings, table: str) -> None:
    """Register a sink of rows whose first column is their key: the same key again replaces the row.

    It flushes with every checkpoint. So a failure loses no row and repeats some, and a repeated row is the same row.
    """
    (key, kind), *others = ((column, "STRING" if _is_text(kind) else kind) for column, kind in rows.columns)
    columns = ((key, f"{kind} NOT NULL"), *others)
    options = {
        "connector": "jdbc",
        "url": _url(jdbc),
        "table-name": table,
        "username": jdbc.user,
        **({"password": jdbc.password} if jdbc.password else {}),
        **_OPTIONS,
    }
    # Flink would keep all rows of the stream to find the last one of each key; the last one written will do.
    session.tables.get_config().set("table.exec.sink.require-on-conflict", "false")
    session.tables.get_config().set("table.exec.sink.upsert-materialize", "NONE")
    create_table(session, name, columns, options, last=f"PRIMARY KEY ({identifier(key)}) NOT ENFORCED")


def jdbc_values(rows: View) -> str:
    """Return the query of a view's rows as the sink takes them."""
    listed = ", ".join(_value(identifier(name), kind) for name, kind in rows.columns)
    return f"SELECT {listed} FROM {identifier(rows.name)}"


def table_sql(table: str, columns: SqlColumns) -> str:
    """Return the statement that makes a table.

    >>> table_sql("scores", (("id", "BIGINT"), ("amount", "DECIMAL(38, 2)")))
    'CREATE TABLE IF NOT EXISTS scores (id BIGINT PRIMARY KEY, amount NUMERIC(38, 2))'
    """
    (key, kind), *others = ((name, _type(kind)) for name, kind in columns)
    listed = [f"{key} {kind} PRIMARY KEY", *(f"{name} {kind}" for name, kind in others)]
    return f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(listed)})"


def make_tables(jdbc: JdbcSinkSettings, columns: SqlColumns) -> None:
    """Make the tables that are not there, and check that those that are have all columns.

    Raises:
        JobError: the database does not answer, or refuses.
    """
    names = ", ".join(name for name, _ in columns)
    try:
        with closing(_connect(jdbc)) as connection, closing(connection.createStatement()) as statement:
            for table in filter(None, (jdbc.predictions, jdbc.alerts)):
                statement.execute(table_sql(table, columns))
                statement.execute(f"SELECT {names} FROM {table} WHERE false")
    except Exception as error:
        # An error of Java has its message there; its text here is a stack trace.
        java = getattr(error, "java_exception", None)
        said = str(error if java is None else java.getMessage()).splitlines()[0].rstrip(".")
        fix = "check url, user, password and the table; a field with a name that SQL reserves needs another one"
        refuse("job.sink.jdbc", f"tables in {jdbc.url} that take predictions", said, fix)


def _connect(jdbc: JdbcSinkSettings) -> Any:
    from pyflink.java_gateway import get_gateway

    jvm = get_gateway().jvm
    properties = jvm.java.util.Properties()
    properties.setProperty("user", jdbc.user)
    properties.setProperty("connectTimeout", "10")
    if jdbc.password:
        properties.setProperty("password", jdbc.password)
    return jvm.org.postgresql.Driver().connect(_url(jdbc), properties)


def _url(jdbc: JdbcSinkSettings) -> str:
    # Texts without a type are read as what their column is: times and JSON, too.
    options = {**jdbc.options, "stringtype": "unspecified"}
    return f"{jdbc.url}?{'&'.join(f'{name}={quote(value)}' for name, value in options.items())}"


def _is_text(kind: str) -> bool:
    """Return whether the connector is given a type as text: it has none for lists, and shifts times by the zone."""
    return kind.startswith(("TIMESTAMP", "ARRAY"))


def _type(kind: str) -> str:
    return kind.replace("DECIMAL", "NUMERIC") if kind.startswith("DECIMAL") else _TYPES[kind]


def _value(name: str, kind: str) -> str:
    if kind.startswith("TIMESTAMP"):
        return f"TRIM(BOTH '\"' FROM JSON_STRING({name}))"
    if kind.startswith("ARRAY"):
        return f"JSON_STRING({name})"
    # PostgreSQL has no text with a NUL, and a row that it refuses would end the job.
    return rf"REPLACE({name}, U&'\0000', U&'\FFFD')" if kind == "STRING" else name
