"""Models of CREATE MODEL: options checked against the registry, and the facts that DESCRIBE adds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from conf.errors import ConfigError
from conf.nearest import suggest
from gress.sql.calls.fitting_columns import check_fields
from jobs.errors import fail, refuse
from models.errors import ModelError
from udfs.features.errors import FeatureError
from udfs.sql.options import NamedModel
from udfs.sql.sql_models import SqlModels

PROVIDER = "gress"
_OPTIONS = ("provider", "model", "version", "config")


def model_use(options: Mapping[str, str], inputs: Sequence[str] = ()) -> NamedModel:
    """Return the use that the options of a model mean.

    Args:
        options: of WITH.
        inputs: names of the INPUT columns; none: INPUT was left out.
    """
    return NamedModel(options["model"], options.get("version", ""), options.get("config", ""), tuple(inputs))


def check_model(
    name: str, options: Mapping[str, str], inputs: Sequence[tuple[str, str]], models: SqlModels
) -> NamedModel:
    """Return the use of a model of CREATE or ALTER MODEL, once the registry has that model.

    Args:
        name: of the model in SQL.
        options: of WITH; the provider is ours.
        inputs: name and SQL type of each INPUT column; none: INPUT was left out.
        models: models that there are.

    Raises:
        JobError: an option, the model or its version is unknown, or INPUT differs from the model's inputs.
    """
    where = f"model {name!r}"
    for key in options:
        if key not in _OPTIONS:
            refuse(where, f"the options {', '.join(_OPTIONS)}", repr(key), suggest(key, _OPTIONS))
    if "model" not in options:
        refuse(where, "'model' = 'name in the registry' among its options", "none")
    use = model_use(options, [each for each, _ in inputs])
    try:
        models.check(use)
        taken = models.columns(replace(use, inputs=()))
    except (ConfigError, FeatureError, ModelError) as error:
        fail(where, str(error))
    if inputs:
        check_fields(f"INPUT of {where}", inputs, taken, may_have_more=False)
    return use


def parameter(models: SqlModels) -> str:
    """Return the models of CREATE MODEL as functions read them: JSON, by their SQL names."""
    created = {name: asdict(_with_inputs(use, models)) for name, use in models.options.models.items()}
    return json.dumps(created, ensure_ascii=False)


def _with_inputs(use: NamedModel, models: SqlModels) -> NamedModel:
    """Return a use that names its inputs; a call of a model that the registry has no more says so itself."""
    try:
        return replace(use, inputs=tuple(each.name for each in models.columns(use)))
    except (ConfigError, FeatureError, ModelError):
        return use


def facts(use: NamedModel, models: SqlModels) -> list[tuple[str, str]]:
    """Return the registry's facts about a model, as names and values."""
    spec = models.spec(use)
    taken = models.columns(use)
    found = [
        ("model", spec.name),
        ("version", f"{spec.version} ({'pinned' if use.version else 'serves; follows the registry'})"),
        ("type", spec.type),
        ("task", spec.task),
        ("classes", ", ".join(spec.classes or ())),
        ("features of", use.config),
        *(("input", f"{column.name}: {column.kind}") for column in taken),
        ("registry", models.registry(use).url),
    ]
    return [(name, value) for name, value in found if value]
