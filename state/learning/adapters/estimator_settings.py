"""Which class of a library learns, and how it is made."""

from __future__ import annotations

import importlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PACKAGES = {"river": "pip install 'gress-ml[river]'", "sklearn": "pip install scikit-learn"}


@dataclass(frozen=True)
class EstimatorSettings:
    """Settings of a learner of another library.

    Attributes:
        path: import path of its class, as ``sklearn.linear_model.SGDClassifier``.
        parameters: arguments of its constructor by name. A mapping with ``class`` is an object in turn, made of that
            import path and the other entries.
        classes: number of classes, from 0; 0: it predicts numbers.

    Raises:
        ValueError: there are as few as one class, or fewer than none.
    """

    path: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    classes: int = 2

    def __post_init__(self) -> None:
        if self.classes < 0 or self.classes == 1:
            msg = f"{self.path}: expected classes >= 2, or 0 for numbers, got {self.classes}; state how many there are"
            raise ValueError(msg)

    def make(self, seed_name: str) -> Any:
        """Return a new estimator.

        Args:
            seed_name: name of the argument that seeds its randomness; where there is one, it is 0 unless given, so that
                a job that runs again learns the same.

        Raises:
            ValueError: there is no such class, or it has no such parameters.
        """
        parameters = {name: _made(value) for name, value in self.parameters.items()}
        found = _class_of(self.path)
        if seed_name in inspect.signature(found).parameters:
            parameters.setdefault(seed_name, 0)
        return _instance(self.path, found, parameters)

    def fingerprint(self, features: int, version: str) -> str:
        """Return the settings that a state must have been made with.

        Args:
            features: width of the rows.
            version: version of the library, since a pickle is for the one that wrote it.
        """
        parameters = json.dumps(dict(self.parameters), sort_keys=True, default=repr)
        return f"{self.path}({parameters}), {self.classes} classes, {features} features, release {version}"


def _class_of(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name)
    except (AttributeError, ImportError, ValueError) as error:
        fix = _PACKAGES.get(path.partition(".")[0], "is its library installed?")
        msg = f"{path}: expected the import path of a class, got an error: {error}; {fix}"
        raise ValueError(msg) from error
    if not isinstance(found, type):
        msg = f"{path}: expected the import path of a class, got a {type(found).__name__}; name a class"
        raise ValueError(msg)
    return found


def _made(value: Any) -> Any:
    if not isinstance(value, Mapping) or "class" not in value:
        return value
    path = value["class"]
    return _instance(path, _class_of(path), {name: _made(part) for name, part in value.items() if name != "class"})


def _instance(path: str, found: Any, parameters: dict[str, Any]) -> Any:
    try:
        return found(**parameters)
    except (TypeError, ValueError) as error:
        msg = f"{path}: expected the parameters of its constructor, got {sorted(parameters)}: {error}"
        raise ValueError(msg) from error
