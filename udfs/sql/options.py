"""Options of the SQL functions: where models and features come from."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class NamedModel:
    """A model that a query names.

    Attributes:
        model: its name in the registry.
        version: its version; empty: the deployed one.
        config: settings whose features are computed first; empty: the model's own inputs are the columns.
        inputs: names of the columns in the order in which the query gives them; none: the order of the model.
    """

    model: str
    version: str = ""
    config: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class SqlOptions:
    """Options of the SQL functions.

    Attributes:
        registry: folder or URL; empty: that of ``ml.model_registry`` in the settings.
        config: settings for models without any of their own; empty: none.
        models: models by their SQL names.
    """

    registry: str = ""
    config: str = ""
    models: Mapping[str, NamedModel] = field(default_factory=dict)

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
        """Return the model that a query means: one of ``models``, or else ``NAME`` or ``NAME$VERSION`` of the registry.

        >>> SqlOptions().find("fraud-detector$3.1.0").version
        '3.1.0'
        """
        if reference in self.models:
            return self.models[reference]
        name, _, version = reference.partition("$")
        return NamedModel(name, version, self.config)

    def settings(self, config: str) -> Settings:
        """Return settings with the variables of this process in them.

        Args:
            config: name of a shipped job or path of a file; empty: the defaults.

        Raises:
            ConfigError: they are wrong.
        """
        return load_settings(config_path(config) if config else None)

    def registry_of(self, settings: Settings) -> str:
        """Return the place of the registry."""
        return self.registry or place_of(settings.ml.model_registry)


def config_path(config: str) -> Path:
    """Return the file of settings that are named: that of a shipped job, or another by its path.

    >>> config_path("fraud-detection").name, config_path("mine.yaml").name
    ('fraud_detection.yaml', 'mine.yaml')
    """
    import conf

    path = Path(config)
    shipped = {each.stem.replace("_", "-"): each for each in Path(conf.__path__[0]).glob("*.yaml")}
    if path.suffix or path.exists():
        return path
    if config not in shipped:
        hint = suggest(config, tuple(shipped)) or "name a file with its suffix, as in my-job.yaml"
        msg = "settings"
        raise FeatureError(msg, f"a file, or one of {', '.join(sorted(shipped))}", repr(config), hint)
    return shipped[config]


def _models(text: str) -> dict[str, NamedModel]:
    import orjson

    form = 'JSON such as {"fraud": {"model": "fraud-detector", "version": "", "config": "", "inputs": []}}'
    try:
        found = orjson.loads(text)
        return {name: _model(entry) for name, entry in found.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"job parameter {MODELS}"
        raise FeatureError(msg, form, repr(text), str(error)) from None


def _model(entry: Mapping[str, Any]) -> NamedModel:
    return NamedModel(
        entry["model"], entry.get("version") or "", entry.get("config") or "", tuple(entry.get("inputs") or ())
    )
