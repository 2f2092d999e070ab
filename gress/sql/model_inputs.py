"""Columns that a call of a model must be given: those of its model.json, or those that its features are computed of."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from conf.loading.loader import load_settings
from conf.nearest import suggest
from jobs.catalogue import JOBS, default_config
from jobs.errors import refuse
from models.registry import Registry
from models.scoring.raw_choice import likely_raw
from models.spec import ModelSpec
from udfs.features.feature_set import compile_feature_set
from udfs.sql.options import NamedModel

Kind = Literal["number", "text", "time", "any"]

_KINDS: dict[str, Kind] = {
    "long": "number",
    "double": "number",
    "decimal": "number",
    "boolean": "number",
    "string": "text",
    "timestamp": "time",
}


@dataclass(frozen=True)
class Column:
    """A column that a model takes, and what its values are."""

    name: str
    kind: Kind = "number"


@dataclass(frozen=True)
class SqlModels:
    """Models that a statement can name: those of CREATE MODEL, and those of the registry.

    Attributes:
        open_registry: opens the registry when the first model is looked up.
        config: job whose features are computed for models of the registry; "": none.
        created: models of CREATE MODEL, by their SQL names.
    """

    open_registry: Callable[[], Registry]
    config: str = ""
    created: Mapping[str, NamedModel] = field(default_factory=dict)

    @cached_property
    def registry(self) -> Registry:
        """The open registry."""
        return self.open_registry()

    def names(self) -> tuple[str, ...]:
        """Return the names of all models."""
        return tuple(dict.fromkeys((*self.created, *self.registry.names())))

    def use(self, reference: str) -> NamedModel:
        """Return what a reference means: a name of CREATE MODEL, or a name of the registry, pinned as ``name$2.0.0``.

        Raises:
            JobError: no model has the name; the text says which is near.
        """
        if reference in self.created:
            return self.created[reference]
        name, _, version = reference.partition("$")
        if name not in self.registry.names():
            expected = f"a model of {self.registry.url} or of CREATE MODEL"
            refuse("model", expected, repr(name), suggest(name, self.names()))
        return NamedModel(name, "" if version == "all" else version, self.config)

    def spec(self, use: NamedModel) -> ModelSpec:
        """Return the spec of the version that a use names.

        Raises:
            ModelError: there is no such version.
        """
        return self.registry.spec(use.model, use.version)

    def columns(self, use: NamedModel) -> tuple[Column, ...] | None:
        """Return the columns that a use takes, in the order of the arguments; None: the model does not name them.

        Raises:
            JobError, ModelError: the version or the job is not there.
        """
        spec = self.spec(use)
        taken = _of_job(use.config, spec) if use.config else _of_model(spec)
        if taken is None or not use.inputs:
            return taken
        kinds = {column.name: column.kind for column in taken}
        return tuple(Column(name, kinds.get(name, "any")) for name in use.inputs)


def feature_columns(config: str) -> tuple[Column, ...]:
    """Return the columns that the features of a job are computed of.

    Args:
        config: name of a shipped job, or path of a YAML file.

    Raises:
        ConfigError, JobError: there is no such job.
    """
    path = default_config(config) if config in JOBS else Path(config)
    if not path.is_file():
        refuse("feature set", "the name of a job or the path of its YAML file", repr(config), suggest(config, JOBS))
    job = load_settings(path, environ=os.environ).job
    if job is None:
        refuse(str(path), "a `job:` with events, features and inference", "none")
    fields = job.events.fields
    kinds = {name: _KINDS.get(each.type, "any") for name, each in fields.items()}
    # A window is a number that the caller has computed.
    features = compile_feature_set(job.features, job.events)
    return tuple(Column(name, kinds.get(name, "number")) for name in features.inputs)


def _of_job(config: str, spec: ModelSpec) -> tuple[Column, ...]:
    found = feature_columns(config)
    known = {column.name for column in found}
    return (*found, *(column for column in _raw(spec) if column.name not in known))


def _of_model(spec: ModelSpec) -> tuple[Column, ...] | None:
    raw = _raw(spec)
    names = {column.name for column in raw}
    rest = [tensor for tensor in spec.inputs if tensor.name not in names]
    if spec.feature_columns is not None:
        return (*map(Column, spec.feature_columns), *raw)
    if any(len(tensor.shape) > 1 and tensor.shape[1] != 1 for tensor in rest):
        return None
    return (*(Column(tensor.name) for tensor in rest), *raw)


def _raw(spec: ModelSpec) -> tuple[Column, ...]:
    names = tuple(spec.raw_inputs) if spec.raw_inputs is not None else tuple(likely_raw(spec))
    texts = {tensor.name for tensor in spec.inputs if tensor.dtype == "string"}
    return tuple(Column(name, "text" if name in texts else "any") for name in names)
