"""The tree of keys that the settings classes allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from conf.errors import KeyPath


@dataclass(frozen=True)
class SettingKey:
    """One key: its YAML path (``*`` for list indexes and free keys) and the attribute that holds it."""

    path: tuple[str, ...]
    attribute: str
    is_leaf: bool
    field: FieldInfo


def setting_keys(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[SettingKey]:
    """Yield every key below ``model``, parents before their children."""
    for attribute, field in model.model_fields.items():
        path = (*prefix, field.alias or attribute)
        child, depth = _nested(field.annotation)
        yield SettingKey(path, attribute, is_leaf=child is None, field=field)
        if child is not None:
            yield from setting_keys(child, (*path, *("*",) * depth))


def names_at(model: type[BaseModel], path: KeyPath) -> tuple[str, ...]:
    """Return the keys that the mapping at ``path`` allows; none if the path is free or unknown."""
    wanted = tuple(str(part) for part in path)
    return tuple(
        key.path[-1]
        for key in setting_keys(model)
        if len(key.path) == len(wanted) + 1
        and all(known in ("*", part) for known, part in zip(key.path[:-1], wanted, strict=True))
    )


def _nested(annotation: Any) -> tuple[type[BaseModel] | None, int]:
    """Return the settings class inside an annotation and the number of lists or mappings around it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, 0
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _nested(arguments[0])
    if origin in (tuple, Mapping):
        child, depth = _nested(arguments[0 if origin is tuple else 1])
        return child, depth + 1
    inner = [argument for argument in arguments if argument is not NoneType]
    return _nested(inner[0]) if len(inner) == 1 and len(arguments) == 2 else (None, 0)
