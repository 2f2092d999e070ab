"""Models and calls of a session's statements: checked before a statement runs, and handed to functions after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from gress.sql.calls.check_call import CHECKED, check_call
from gress.sql.calls.plan_calls import calls_of
from gress.sql.created_models import PROVIDER, check_model, facts, model_use, parameter
from gress.sql.session import SqlSession
from gress.sql.text_table import TextTable
from models.registry import Registry
from udfs.sql.options import MODELS, NamedModel, SqlOptions
from udfs.sql.sql_models import SqlModels

_DEFINES = ("CreateModelOperation", "AlterModelChangeOperation")
_CHANGES = (*_DEFINES, "AlterModelRenameOperation", "DropModelOperation", "UseDatabaseOperation", "UseCatalogOperation")
_FUNCTIONS = frozenset(CHECKED)


class SessionModels:
    """Models that the statements of a session may name.

    Args:
        session: whose catalog keeps the models of CREATE MODEL.
        open_registry: opens the registry when a statement needs it first.
        config: job whose features are computed for models of the registry; "": none.
    """

    def __init__(self, session: SqlSession, open_registry: Callable[[], Registry], config: str = "") -> None:
        self._session = session
        registry = cache(open_registry)
        self.known = SqlModels(SqlOptions(config=config), lambda _: registry())

    def check(self, operation: Any) -> None:
        """Refuse a statement that calls a model wrongly, or defines one that the registry lacks.

        Raises:
            JobError: the text has the expected value, the found one, and similar names.
        """
        if operation.getClass().getSimpleName() in _DEFINES:
            model, name = operation.getCatalogModel(), operation.getModelIdentifier().getObjectName()
            if _is_ours(model):
                check_model(name, _options(model), _inputs(model), self.known)
            return
        for call in calls_of(operation, _FUNCTIONS, self._session.parse):
            check_call(call, self.known)

    def follow(self, operation: Any) -> None:
        """Tell functions of the models, where a statement that has run may have changed them."""
        if operation.getClass().getSimpleName() in _CHANGES:
            self.known = self.known.with_created(dict(self._created()))
            self._session.set_parameters({MODELS: parameter(self.known)})

    def describe(self, operation: Any) -> list[str]:
        """Return the registry's facts about the model of a DESCRIBE as lines; none for any other statement."""
        if operation.getClass().getSimpleName() != "DescribeModelOperation":
            return []
        use = self.known.options.models.get(operation.getSqlIdentifier().getObjectName())
        return [] if use is None else ["", *TextTable(["registry", "value"]).block(facts(use, self.known))]

    def _created(self) -> Iterator[tuple[str, NamedModel]]:
        from pyflink.java_gateway import get_gateway

        tables = self._session.tables
        identifiers = get_gateway().jvm.org.apache.flink.table.catalog.ObjectIdentifier
        catalog, database = tables.get_current_catalog(), tables.get_current_database()
        for name in tables.list_models():
            found = tables._j_tenv.getCatalogManager().getModel(identifiers.of(catalog, database, name))
            if found.isPresent() and _is_ours(found.get().getResolvedModel()):
                model = found.get().getResolvedModel()
                yield name, model_use(_options(model), [each for each, _ in _inputs(model)])


def _is_ours(model: Any) -> bool:
    return bool(model.getOptions().get("provider") == PROVIDER)


def _options(model: Any) -> dict[str, str]:
    return dict(model.getOptions())


def _inputs(model: Any) -> list[tuple[str, str]]:
    columns = model.getResolvedInputSchema().getColumns()
    return [(each.getName(), _sql_type(each.getDataType().getLogicalType().getTypeRoot().name())) for each in columns]


def _sql_type(root: str) -> str:
    """Return the name of a type as the parser's tree has it."""
    return "TIMESTAMP" if root == "TIMESTAMP_WITHOUT_TIME_ZONE" else root
