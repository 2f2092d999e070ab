"""Call of a function of ours in a table's expression, checked as far as a program knows its columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.loading.loader import load_settings
from conf.loading.resolve import resolve_location
from conf.settings import Settings
from gress.scoring.config import settings_of
from gress.sql.calls.call import Argument
from gress.sql.calls.fitting_columns import check_arguments, refuse_literals
from models.registry.location import place_of
from udfs.scoring.choice import check_place
from udfs.sql.options import SqlOptions
from udfs.sql.signature import Column

if TYPE_CHECKING:
    from pyflink.table import Expression

# An expression has a type only when its table is known.
_UNKNOWN = "NULL"


def call(
    function: Any, where: str, first: Sequence[Any], *, columns: Sequence[Any], inputs: Sequence[Column]
) -> Expression:
    """Return a call of a function with its columns.

    Args:
        function: as PyFlink has it.
        where: subject of errors, such as ``gress.predict('fraud')``.
        first: arguments before the columns.
        columns: expressions or single values in the order of ``inputs``, or one ROW with named fields; none: the
            columns of a table that have the names.
        inputs: columns that are expected.

    Raises:
        JobError: there are too few or too many of them, or none comes from a table.
    """
    from pyflink.table.expressions import col

    given = columns or tuple(col(each.name) for each in inputs)
    # A single column may be a row, whose fields go by their names when rows come.
    if len(given) != 1 or len(inputs) == 1:
        arguments = [Argument(_UNKNOWN, is_literal=_is_literal(each)) for each in given]
        check_arguments(where, arguments, inputs)
        refuse_literals(where, arguments)
    return function(*first, *given)


def options_of(registry: str | Path, config: str | Path | Settings | None) -> SqlOptions:
    """Return the parts of a call that workers get: the place of its registry, and its settings.

    Args:
        registry: folder, ``package:NAME`` or URL; empty: that of the settings.
        config: name of a shipped job, file, or settings with a job; None: no features are computed.

    Raises:
        ConfigError, JobError: the settings are wrong or have no job.
        ModelError: the registry is no place.
    """
    check_place(registry)
    settings = load_settings() if config is None else settings_of(config)
    return SqlOptions(place_for_workers(registry, settings), given=settings)


def place_for_workers(registry: str | Path, settings: Settings) -> str:
    """Return the place of a registry as workers find it: a folder is absolute, a package is looked up by each of them.

    Args:
        registry: folder, ``package:NAME`` or URL; empty: that of the settings.
        settings: those of the program.
    """
    written = str(registry) or settings.ml.model_registry.base_path
    if written.startswith("package:"):
        return written
    return resolve_location(written) if str(registry) else place_of(settings.ml.model_registry)


def _is_literal(value: Any) -> bool:
    from pyflink.table import Expression

    if not isinstance(value, Expression):
        return True
    inner = value._j_expr_or_property_name
    kind = inner if isinstance(inner, str) else inner.toExpr().getClass().getSimpleName()
    return bool(kind == "ValueLiteralExpression")
