"""The inserts of a job: into tables of Flink's connectors, and into sinks of its DataStream API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jobs.flink.environment import FlinkSession
from state.sql import SqlColumns

if TYPE_CHECKING:
    from pyflink.common import JobClient

MakeSink = Callable[[Any], Any]
"""Takes the Java ``RowType`` of rows and returns a Java ``Sink<RowData>`` for them."""


class Inserts:
    """All inserts of one job, which Flink plans together: queries that several of them read run once.

    Flink's own set of statements takes tables alone, and lends its parser and its list to this one.
    """

    def __init__(self, session: FlinkSession) -> None:
        self._session = session
        self._statements = session.tables.create_statement_set()._j_statement_set
        self._sinks: dict[int, tuple[str, MakeSink, Any]] = {}

    def add(self, statement: str) -> None:
        """Add an ``INSERT INTO`` a registered table; the order of the inserts decides the uids of a job's operators."""
        self._statements.addInsertSql(statement)

    def add_sink(self, name: str, columns: SqlColumns, query: str, make_sink: MakeSink) -> None:
        """Add an insert into a sink.

        Args:
            name: of the sink; its operators' uid in the job's state.
            columns: name and SQL type of each; the query's values are cast to them.
            query: a SELECT.
            make_sink: called when the job is translated.
        """
        from pyflink.java_gateway import get_gateway

        tables = self._session.tables._j_tenv
        jvm = get_gateway().jvm.org.apache.flink.table
        schema = jvm.api.Schema.newBuilder()
        for column, kind in columns:
            schema.column(column, kind)
        table = tables.getCatalogManager().resolveCatalogTable(jvm.catalog.ExternalCatalogTable(schema.build()))
        # Rows stay as the planner has them; Java's own classes for rows would cost a copy of each value.
        row = jvm.types.utils.DataTypeUtils.toInternalDataType(table.getResolvedSchema().toPhysicalRowDataType())
        operations = self._statements.getOperations()
        self._sinks[operations.size()] = (name, make_sink, row.getLogicalType())
        operations.add(
            jvm.operations.ExternalModifyOperation(
                jvm.catalog.ContextResolvedTable.anonymous(name, table),
                tables.sqlQuery(query).getQueryOperation(),
                jvm.connector.ChangelogMode.insertOnly(),
                row,
            )
        )

    def execute(self) -> JobClient:
        """Submit the job."""
        from pyflink.common import JobClient

        env = self._session.env._j_stream_execution_environment
        return JobClient(j_job_client=env.executeAsync(self.graph()))

    def graph(self) -> Any:
        """Translate the job and return its Java ``StreamGraph``."""
        self._session.tables._before_execute()
        transformations = self._translate()
        env = self._session.env._j_stream_execution_environment
        # Flink does the same for statements: the planner may have added options of its own.
        env.configure(self._session.tables._j_tenv.getConfig().getConfiguration())
        return env.generateStreamGraph(transformations)

    def _translate(self) -> Any:
        from pyflink.java_gateway import get_gateway

        jvm = get_gateway().jvm
        env, tables = self._session.env._j_stream_execution_environment, self._session.tables._j_tenv
        translated = jvm.java.util.ArrayList(tables.getPlanner().translate(self._statements.getOperations()))
        for place, (name, make_sink, row) in self._sinks.items():
            stream = jvm.org.apache.flink.streaming.api.datastream.DataStream(env, translated.get(place))
            sink = stream.sinkTo(make_sink(row)).name(name).uid(f"sink-{name}")
            translated.set(place, sink.getTransformation())
        return translated
