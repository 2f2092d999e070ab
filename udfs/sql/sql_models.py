"""Models that calls may name, found in the registry: those of CREATE MODEL, and those of the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from conf.nearest import suggest
from conf.settings import Settings
from models.errors import ModelError, fail
from models.registry import Registry, open_registry
from models.registry.errors import RegistryError
from models.spec import ModelSpec, check_name
from models.version import Version
from udfs.experiments.open_arms import choice_of
from udfs.features.errors import FeatureError
from udfs.scoring.choice import Choice, choose, only_registry
from udfs.sql.arguments import described
from udfs.sql.options import NamedModel, SqlOptions
from udfs.sql.routing import routing_of
from udfs.sql.signature import Column, feature_columns, model_columns


class SqlModels:
    """Models that calls may name.

    A call is resolved here and nowhere else: before a query runs, and again by the functions that run it.

    Args:
        options: where models come from.
        open_registry: opens the registry of a call's settings; None: that of the options, or else of the settings.
    """

    def __init__(self, options: SqlOptions, open_registry: Callable[[Settings], Registry] | None = None) -> None:
        self.options = options
        self._open_registry = self._of_options if open_registry is None else open_registry

    def with_created(self, created: Mapping[str, NamedModel]) -> SqlModels:
        """Return the same with other models of CREATE MODEL, by their SQL names."""
        return SqlModels(replace(self.options, models=created), self._open_registry)

    def one(self, function: str, reference: object) -> NamedModel:
        """Return the model of a call that takes one version.

        Raises:
            ConfigError, FeatureError, ModelError: as ``find``; or the call names all versions.
        """
        named = self.find(function, reference)
        if named.is_all:
            where = f"{function}({reference!r})"
            raise FeatureError(where, "one version", "all of them", "gress_score has rows for each version")
        return named

    def find(self, function: str, reference: object) -> NamedModel:
        """Return the model that a call means.

        Args:
            function: name of the function, for errors.
            reference: its first argument: a name of CREATE MODEL or of the registry, with ``$VERSION`` or ``$all``.

        Raises:
            ConfigError, FeatureError: the reference is no text, or its settings are not there.
            ModelError: no model has the name; the text says which is near.
        """
        if not isinstance(reference, str):
            expected, fix = "the name of a model in quotes", "as in 'fraud-detector'"
            raise FeatureError(function, expected, described(reference), fix)
        named = self.options.find(reference)
        self.check(named)
        return named

    def check(self, named: NamedModel) -> None:
        """Refuse a model that the registry lacks.

        Raises:
            ModelError: the text has similar names, and the models that there are.
        """
        registry = self.registry(named)
        if _is_there(registry, named.model):
            return
        every = tuple(dict.fromkeys((*self.options.models, *registry.names())))
        hint = suggest(named.model, every) or (f"known are {', '.join(every)}" if every else "there are none")
        fail(f"model {named.model!r}", f"has no version in {registry.url}", hint)

    def names(self) -> tuple[str, ...]:
        """Return the names of all models, those of CREATE MODEL first."""
        known = self._open_registry(self.options.settings(self.options.config)).names()
        return tuple(dict.fromkeys((*self.options.models, *known)))

    def settings(self, named: NamedModel) -> Settings:
        """Return the settings whose features are computed for a model.

        Raises:
            ConfigError, FeatureError: they are wrong, or not there.
        """
        return self.options.settings(named.config)

    def choice(self, named: NamedModel) -> Choice:
        """Return the model and the features that a call scores with.

        Raises:
            ConfigError, FeatureError, ModelError: the settings are wrong, or do not fit the model.
        """
        settings = self.settings(named)
        return choose(self.options.registry_of(settings), named.model, named.version, settings)

    def registry(self, named: NamedModel) -> Registry:
        """Return the registry that has a model."""
        return self._open_registry(self.settings(named))

    def spec(self, named: NamedModel) -> ModelSpec:
        """Return the spec of the version that is named.

        Raises:
            ModelError: there is no such version.
        """
        return self.registry(named).spec(named.model, named.version)

    def versions(self, named: NamedModel) -> tuple[NamedModel, ...]:
        """Return the versions that are meant, the lowest first; retired ones are not meant by all.

        Raises:
            ModelError: all are meant, and all are retired.
        """
        if not named.is_all:
            return (named,)
        registry = self.registry(named)
        every = map(str, registry.versions(named.model))
        found = tuple(named.at(each) for each in every if registry.state(named.model, each) != "retired")
        if not found:
            fail(f"model {named.model}", f"has only retired versions in {registry.url}", "publish another")
        return found

    def specs(self, named: NamedModel) -> list[ModelSpec]:
        """Return the spec of the version that is named, and those of the variants that may answer for it.

        Raises:
            ConfigError, ModelError: there is no such version.
        """
        registry, routing = self.registry(named), routing_of(named, self.settings(named))
        version = str(Version.parse(named.version)) if named.version else ""
        arms = () if routing is None else routing.arms
        return [registry.spec(named.model, version), *(registry.spec(*choice_of(arm)) for arm in arms)]

    def columns(self, named: NamedModel) -> tuple[Column, ...]:
        """Return the columns that a call of a model takes, in the order of the arguments.

        Raises:
            ConfigError, FeatureError, ModelError: there is no such version, or it does not fit its settings.
        """
        settings = self.settings(named)
        routing = routing_of(named, settings)
        found = model_columns(self.specs(named), settings, () if routing is None else (routing.router.field,))
        return _in_order(named, found) if named.inputs else found

    def feature_columns(self, config: str) -> tuple[Column, ...]:
        """Return the columns that the features of a job are computed of.

        Raises:
            ConfigError, FeatureError: there is no such job.
        """
        return feature_columns(config, self.options.settings(config))

    def _of_options(self, settings: Settings) -> Registry:
        return open_registry(only_registry(self.options.registry_of(settings), settings).model_registry)


def _is_there(registry: Registry, name: str) -> bool:
    try:
        return bool(registry.versions(check_name(name)))
    except RegistryError:
        raise
    except ModelError:
        return False


def _in_order(named: NamedModel, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Return the columns that CREATE MODEL lists in its order."""
    by_name = {column.name: column for column in columns}
    missing = next((name for name in by_name if name not in named.inputs), None)
    if missing is not None:
        hint = suggest(missing, named.inputs) or f"it lists {', '.join(named.inputs)}"
        if not named.config:
            hint += "; for fields that the inputs are computed of, add 'config' = 'FILE' to WITH"
        where = f"INPUT of model {named.model!r}"
        raise FeatureError(where, f"a column {missing!r}", "none", hint)
    return tuple(by_name.get(name, Column(name, "any")) for name in named.inputs)
