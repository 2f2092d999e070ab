"""Models of CREATE MODEL: options checked against the registry, and the facts that DESCRIBE adds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from conf.nearest import suggest
from gress.sql.calls import check_fields
from gress.sql.model_inputs import SqlModels
from jobs.errors import JobError, fail, refuse
from models.errors import ModelError
from udfs.sql.options import NamedModel

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
    """Return the use of a model of CREATE or ALTER MODEL, once the registry has what it names.

    Args:
        name: of the model in SQL.
        options: of WITH; the provider is ours.
        inputs: name and SQL type of each INPUT column; none: INPUT was left out.
        models: models that there are.

    Raises:
        JobError: an option, the model or its version is unknown, or INPUT differs from what the model takes.
    """
    where = f"model {name!r}"
    for key in options:
        if key not in _OPTIONS:
            refuse(where, f"the options {', '.join(_OPTIONS)}", repr(key), suggest(key, _OPTIONS))
    if "model" not in options:
        refuse(where, "'model' = 'name in the registry' among its options", "none")
    if options["model"] not in models.registry.names():
        near = suggest(options["model"], models.registry.names())
        refuse(where, f"a model of {models.registry.url}", repr(options["model"]), near)
    use = model_use(options, [each for each, _ in inputs])
    try:
        taken = models.columns(NamedModel(use.model, use.version, use.config))
    except (JobError, ModelError) as error:
        fail(where, str(error))
    if inputs and taken is not None:
        check_fields(f"INPUT of {where}", inputs, taken, may_have_more=False)
    return use


def parameter(created: Mapping[str, NamedModel], models: SqlModels) -> str:
    """Return the models of CREATE MODEL as functions read them: JSON, by their SQL names."""
    return json.dumps({name: asdict(_with_inputs(use, models)) for name, use in created.items()}, ensure_ascii=False)


def _with_inputs(use: NamedModel, models: SqlModels) -> NamedModel:
    """Return a use that names its inputs, as far as they are known."""
    taken = None if use.inputs else models.columns(use)
    return use if taken is None else NamedModel(use.model, use.version, use.config, tuple(each.name for each in taken))


def facts(use: NamedModel, models: SqlModels) -> list[tuple[str, str]]:
    """Return what the registry knows about a model, as names and values."""
    spec = models.spec(use)
    taken = models.columns(use)
    found = [
        ("model", spec.name),
        ("version", f"{spec.version} ({'pinned' if use.version else 'serves; follows the registry'})"),
        ("type", spec.type),
        ("task", spec.task),
        ("classes", ", ".join(spec.classes or ())),
        ("features of", use.config),
        *(("input", f"{column.name}: {column.kind}") for column in taken or ()),
        ("registry", models.registry.url),
    ]
    return [(name, value) for name, value in found if value]
