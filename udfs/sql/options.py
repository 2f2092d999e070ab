"""Options of the SQL functions: where models and features come from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conf.loading.loader import load_settings
from conf.nearest import suggest
from conf.settings import Settings
from models.registry.location import place_of
from udfs.features.errors import FeatureError

REGISTRY, CONFIG, MODELS = "gress.registry", "gress.config", "gress.models"
"""Job parameters: place of the registry; settings with a job; and models by their SQL names, as JSON.

An entry of the last is ``{"model": NAME, "version": "", "config": "", "inputs": []}``, of which only the first must be
there.
"""

_VARIABLES = {REGISTRY: "GRESS_REGISTRY", CONFIG: "GRESS_CONFIG"}
_KEYS = ("model", "version", "config", "inputs")
_ALL = "all"


@dataclass(frozen=True)
class NamedModel:
    """A model that a query names.

    Attributes:
        model: its name in the registry.
        version: its version; empty: the deployed one; ``all``: each that is not retired.
        config: settings whose features are computed first; empty: the model's own inputs are the columns.
        inputs: names of the columns in the order in which the query gives them; none: the order of the model.
    """

    model: str
    version: str = ""
    config: str = ""
    inputs: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether all versions are meant, side by side."""
        return self.version == _ALL

    def at(self, version: str) -> NamedModel:
        """Return the same of another version."""
        return replace(self, version=version)


@dataclass(frozen=True)
class SqlOptions:
    """Options of the SQL functions.

    Attributes:
        registry: folder or URL; empty: that of ``ml.model_registry`` in the settings.
        config: settings for models without any of their own; empty: none.
        models: models by their SQL names.
        given: settings to use instead of those that a name refers to; None: a name is looked up where it is used.
    """

    registry: str = ""
    config: str = ""
    models: Mapping[str, NamedModel] = field(default_factory=dict)
    given: Settings | None = None

    @classmethod
    def of_parameters(cls, read: Callable[[str, str], str], environ: Mapping[str, str] | None = None) -> SqlOptions:
        """Return the options of a job's parameters, which win over ``GRESS_REGISTRY`` and ``GRESS_CONFIG``.

        Args:
            read: function of a parameter's name and its default.
            environ: variables; None: those of this process.

        Raises:
            FeatureError: the models are not as they must be.
        """
        variables = os.environ if environ is None else environ
        registry, config = (read(key, "") or variables.get(name, "") for key, name in _VARIABLES.items())
        return cls(registry, config, _models(read(MODELS, "{}")))

    def find(self, reference: str) -> NamedModel:
        """Return the model that a query means: one of ``models`` or of the registry, with ``$VERSION`` or ``$all``.

        >>> SqlOptions().find("fraud-detector$3.1.0").version
        '3.1.0'
        >>> SqlOptions(models={"fraud": NamedModel("fraud-detector", "1.0.0")}).find("fraud$all").is_all
        True
        """
        if reference in self.models:
            return self.models[reference]
        name, _, version = reference.partition("$")
        found = self.models.get(name, NamedModel(name, "", self.config))
        return found.at(version or found.version)

    def settings(self, config: str) -> Settings:
        """Return settings with the variables of this process in them.

        Args:
            config: name of a shipped job or path of a file; empty: the defaults.

        Raises:
            ConfigError, FeatureError: they are wrong, or not there.
        """
        if self.given is not None:
            return self.given
        return load_settings(config_path(config) if config else None, environ=os.environ)

    def registry_of(self, settings: Settings) -> str:
        """Return the place of the registry."""
        return self.registry or place_of(settings.ml.model_registry)


def config_path(config: str) -> Path:
    """Return the file of settings that are named: that of a shipped job, or another by its path.

    Raises:
        FeatureError: there is no such job or file.

    >>> config_path("fraud-detection").name
    'fraud_detection.yaml'
    """
    import conf

    path = Path(config)
    if path.is_file():
        return path
    shipped = {each.stem.replace("_", "-"): each for each in Path(conf.__path__[0]).glob("*.yaml")}
    if config not in shipped:
        hint = suggest(config, tuple(shipped)) or f"jobs are {', '.join(sorted(shipped))}"
        msg = "settings"
        raise FeatureError(msg, "the name of a job or the path of its YAML file", repr(config), hint)
    return shipped[config]


def _models(text: str) -> dict[str, NamedModel]:
    import orjson

    form = 'JSON such as {"fraud": {"model": "fraud-detector", "version": "", "config": "", "inputs": []}}'
    try:
        found = orjson.loads(text)
        return {name: _model(name, entry) for name, entry in found.items()}
    except FeatureError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"job parameter {MODELS}"
        raise FeatureError(msg, form, repr(text), str(error)) from None


def _model(name: str, entry: Mapping[str, Any]) -> NamedModel:
    unknown = next((key for key in entry if key not in _KEYS), None)
    if unknown is not None:
        where = f"job parameter {MODELS}: model {name!r}"
        hint = suggest(str(unknown), _KEYS) or "leave it out"
        raise FeatureError(where, f"the keys {', '.join(_KEYS)}", repr(unknown), hint)
    return NamedModel(
        entry["model"], entry.get("version") or "", entry.get("config") or "", tuple(entry.get("inputs") or ())
    )
