"""Session of SQL: one table environment with our functions and the installed connectors."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gress.sql.options.flink_options import check_value
from gress.sql.problems import Known
from gress.sql.rows import join_readers
from gress.sql.session_options import MODE, SessionOptions
from jobs.errors import JobError, refuse
from jobs.flink.environment import open_session
from jobs.flink.file_urls import file_url
from jobs.flink.jvm.collection import planning
from jobs.kafka.jars import CONNECTOR, JDBC, find_jars
from jobs.runs.hidden_values import hiding_values

if TYPE_CHECKING:
    from pyflink.table import TableEnvironment, TableResult

_CHECKPOINTS = "execution.checkpointing.interval"


class SqlSession:
    """A table environment, with the methods that the command needs.

    Args:
        options: choices that it is opened with.
        functions: functions by their SQL names; None: those of ``udfs.sql``.

    Raises:
        JobError: there is no Java 11, 17 or 21.
    """

    def __init__(self, options: SessionOptions, functions: Mapping[str, Any] | None = None) -> None:
        from pyflink.java_gateway import get_gateway

        self.options = options
        self.functions = dict(shipped_functions() if functions is None else functions)
        with hiding_values(options.settings):
            open_session(options.settings, flink_conf=options.flink_conf)
        self._connections = get_gateway()._gateway_client.deque
        with planning():
            self.tables = self._environment()
            # The JVM has a thread for each connection, and the planner finds its thread-local state in one alone.
            self._planners = self._connections[-1]
        self._parser = self.tables._j_tenv.getPlanner().getParser()
        self._parameters: dict[str, str] = {}
        self._before: dict[str, str | None] = {}
        self.set_parameters(options.parameters or {})

    def _environment(self) -> TableEnvironment:
        from pyflink.common import Configuration
        from pyflink.table import EnvironmentSettings, TableEnvironment

        configuration, options = Configuration(), self.options.flink_options()
        self._interval = options.pop(_CHECKPOINTS, None)
        for key, value in options.items():
            configuration.set_string(key, value)
        tables = TableEnvironment.create(EnvironmentSettings.new_instance().with_configuration(configuration).build())
        if jars := connector_jars():
            tables.get_config().set("pipeline.jars", ";".join(map(file_url, jars)))
        for name, function in self.functions.items():
            tables.create_temporary_system_function(name, function)
        return tables

    @property
    def is_batch(self) -> bool:
        """Whether queries end and give each row once."""
        return str(self.tables.get_config().get(MODE, "")).lower() == "batch"

    def set_parameters(self, more: Mapping[str, str]) -> None:
        """Add job parameters, which functions read when a query starts."""
        from pyflink.java_gateway import get_gateway

        self._parameters.update(more)
        jvm = get_gateway().jvm
        values = jvm.java.util.HashMap()
        for key, value in self._parameters.items():
            values.put(key, value)
        option = jvm.org.apache.flink.configuration.PipelineOptions.GLOBAL_JOB_PARAMETERS
        self.tables._j_tenv.getConfig().set(option, values)

    @contextmanager
    def _planning(self) -> Iterator[None]:
        """Let calls of the block take the planner's connection, whatever others a reader of rows has left behind.

        No garbage is collected meanwhile: the release of a Java object could take that connection.
        """
        join_readers()
        was_enabled = gc.isenabled()
        gc.disable()
        if self._planners in self._connections:
            self._connections.remove(self._planners)
            self._connections.append(self._planners)
        try:
            yield
        finally:
            if was_enabled:
                gc.enable()

    def parse(self, text: str) -> Any:
        """Return Flink's operation of a statement; nothing is executed."""
        with self._planning():
            return self._parser.parse(text).get(0)

    def query(self, text: str) -> TableResult:
        """Start a query. Its job is never saved: with checkpoints, rows would be shown at each of these alone."""
        with self._planning():
            return self.tables.execute_sql(text)

    def execute(self, text: str) -> TableResult:
        """Execute a statement; an INSERT is started, and not waited for."""
        if self._interval is None or _CHECKPOINTS in self._before:
            return self.query(text)
        self.tables.get_config().set(_CHECKPOINTS, self._interval)
        try:
            return self.query(text)
        finally:
            self._forget(_CHECKPOINTS)

    def set_option(self, key: str, value: str) -> None:
        """Set a Flink option for the statements after it.

        Raises:
            JobError: the option is the mode, which an environment keeps.
            Py4JJavaError: Flink does not take the value; the option stays as it was.
        """
        if key == MODE and (value.lower() == "batch") != self.is_batch:
            refuse(f"SET '{MODE}'", "the mode of the session", repr(value), "start another, with or without --batch")
        check_value(key, value)
        before = self.tables.get_config().get_configuration().to_dict().get(key)
        self.tables.get_config().set(key, value)
        try:
            self._plan_something()
        except Exception:
            self._put_back(key, before)
            raise
        self._before.setdefault(key, before)

    def _plan_something(self) -> None:
        """Let the planner read the options: some values are of the right type, and still none that it takes."""
        with self._planning():
            self.tables.explain_sql("SELECT 1")

    def reset_option(self, key: str | None) -> None:
        """Take back what `set_option` set, for one key or, with None, for all."""
        for one in [each for each in self._before if key in {None, each}]:
            self._put_back(one, self._before.pop(one))

    def _put_back(self, key: str, before: str | None) -> None:
        self._forget(key)
        if before is not None:
            self.tables.get_config().set(key, before)

    def _forget(self, key: str) -> None:
        """Remove an option from those that win over the environment's, and from what the planner copied of them."""
        tables = self.tables._j_tenv
        for options in (tables.getConfig(), tables.getPlanner().getExecEnv()):
            options.getConfiguration().removeKey(key)

    def known(self) -> Known:
        """Return the names of the session."""
        return Known(self.tables.list_tables, self.columns, self.tables.list_functions)

    def columns(self) -> list[str]:
        """Return the names of the columns of all tables and views."""
        found: dict[str, None] = {}
        for table in self.tables.list_tables():
            with self._planning():
                found.update(dict.fromkeys(self.tables.from_path(f"`{table}`").get_schema().get_field_names()))
        return list(found)


def shipped_functions() -> dict[str, Any]:
    """Return the functions of ``udfs.sql`` by their SQL names."""
    from udfs import sql as room

    return {name: getattr(room, name) for name in room.FUNCTIONS}


def connector_jars() -> list[Path]:
    """Return the jars of the connectors that were fetched, of Kafka and of databases; none is needed."""
    found: list[Path] = []
    for part in (CONNECTOR, JDBC):
        with suppress(JobError):
            found += find_jars(part)
    return found
