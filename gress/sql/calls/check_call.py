"""Checks of the calls in a statement before a job starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from conf.errors import ConfigError
from gress.sql.calls.call import Call
from gress.sql.calls.fitting_columns import check_arguments, refuse_literals
from jobs.errors import JobError, fail
from models.errors import ModelError
from udfs.features.errors import FeatureError
from udfs.sql.classes import ClassOptions
from udfs.sql.sql_models import SqlModels
from udfs.sql_aggregates.drifting_models import baseline_of, check_baseline


def check_call(call: Call, models: SqlModels) -> None:
    """Refuse a call that no row could satisfy.

    Raises:
        JobError: the model, a version, a column or an option is unknown, or a column has the wrong type.
    """
    check = _CHECKS.get(call.function)
    if call.is_empty:
        fail(call.function, "expected a name in quotes and columns, got nothing", "as in 'fraud-detector', amount")
    if call.name is None or check is None:
        return
    where = f"{call.function}({call.name!r})"
    try:
        check(where, call, call.name, models)
    except (ConfigError, FeatureError, ModelError) as error:
        fail(where, str(error).removeprefix(f"{where}: "))


def _check_prediction(where: str, call: Call, name: str, models: SqlModels) -> None:
    check_arguments(where, call.arguments, models.columns(models.one(call.function, name)))
    refuse_literals(where, call.arguments)


def _check_explanation(where: str, call: Call, name: str, models: SqlModels) -> None:
    named = models.one(call.function, name)
    check_arguments(where, call.arguments, models.columns(named))
    for spec in models.specs(named):
        baseline_of(where, spec)
    if not call.has_rows:
        refuse_literals(where, call.arguments)


def _check_features(where: str, call: Call, name: str, models: SqlModels) -> None:
    check_arguments(where, call.arguments, models.feature_columns(name))
    refuse_literals(where, call.arguments)


def _check_classes(where: str, call: Call, name: str, models: SqlModels) -> None:
    """Refuse a call that fits none of the versions that it names."""
    arguments = call.arguments
    if arguments and arguments[0].type == "MAP":
        ClassOptions.read(dict(arguments[0].entries))
        arguments = arguments[1:]
    first: Exception | None = None
    for each in models.versions(models.find(call.function, name)):
        try:
            check_arguments(where, arguments, models.columns(each))
        except (FeatureError, JobError, ModelError) as error:
            first = first or error
        else:
            break
    else:
        if first is not None:
            raise first
    if not call.has_rows:
        refuse_literals(where, arguments)


_CHECKS: Mapping[str, Callable[[str, Call, str, SqlModels], None]] = {
    "gress_predict": _check_prediction,
    "gress_score": _check_classes,
    "gress_features": _check_features,
    "gress_explain": _check_explanation,
    "gress_drift": lambda where, _, name, models: check_baseline(where, models, name),
}

CHECKED = tuple(_CHECKS)
"""The functions whose calls are checked before a job starts."""
