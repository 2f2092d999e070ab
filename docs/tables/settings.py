"""Every setting with its default, its range and its meaning, from the settings classes and their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, PlainSerializer, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from conf.settings import Settings
from conf.types.durations import format_duration
from conf.types.refusal import REFUSED
from docs.tables.markdown import code, flow, prose, table

_SIGNS = {Ge: (">=", "ge"), Gt: (">", "gt"), Le: ("<=", "le"), Lt: ("<", "lt")}
_KINDS = {bool: "true or false", int: "whole number", float: "number", str: "text"}
# No value of any setting that has a grammar.
_IMPOSSIBLE = "\x00"
_REPEATED: dict[Any, str] = {tuple: "[]", Mapping: ".NAME"}


@dataclass(frozen=True)
class SettingsPart:
    """One settings class where it stands.

    Attributes:
        path: Keys down to it, such as ``job.source.kafka`` or ``ml.models[]``.
        model: The class.
        fields: Its values by attribute, parts of their own left out.
    """

    path: str
    model: type[BaseModel]
    fields: Mapping[str, FieldInfo]


def settings_parts(model: type[BaseModel] = Settings, path: str = "") -> Iterator[SettingsPart]:
    """Yield a settings class and all below it, parents first."""
    inner = {name: _class_in(field.annotation) for name, field in model.model_fields.items()}
    yield SettingsPart(path, model, {name: model.model_fields[name] for name in inner if inner[name] is None})
    for name, child in inner.items():
        if child is not None:
            field = model.model_fields[name]
            below = f"{path}.{field.alias or name}".lstrip(".") + _REPEATED.get(get_origin(field.annotation), "")
            yield from settings_parts(child, below)


def settings() -> str:
    """Return a section for each settings class that has values of its own."""
    return "\n".join(_section(part) for part in settings_parts() if part.fields)


def meanings(model: type[BaseModel]) -> Mapping[str, str]:
    """Return what a class's docstring says of its attributes, by name.

    Example:
        >>> from conf.drift import DriftSettings
        >>> meanings(DriftSettings)["enabled"]
        'compare and write drift records; default false.'
    """
    _, _, listed = inspect.cleandoc(model.__doc__ or "").partition("Attributes:\n")
    entries = re.findall(r"^    (\w+): (.*(?:\n {5,}.*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def _section(part: SettingsPart) -> str:
    first, _, _ = inspect.cleandoc(part.model.__doc__ or "").partition("\n\n")
    meant = meanings(part.model)
    rows = [
        (code(field.alias or name), _default(field), _allowed(field), _shown(meant[name]))
        for name, field in part.fields.items()
    ]
    anchor = re.sub(r"\W+", "-", part.path).strip("-").lower()
    columns = ("setting", "default", "allowed", "meaning")
    return f"### {part.path} {{#{anchor}}}\n\n{prose(first)}\n\n" + table(columns, rows)


def _shown(text: str) -> str:
    """Return a meaning as a sentence; the name in YAML is the row's own and is left out."""
    without = re.sub(r"[;.,]? *YAML ``\w+``[;.,]? *", "; ", text).rstrip("; .") + "."
    return prose(without[:1].upper() + without[1:])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return "none"
    written = TypeAdapter(_annotated(field)).dump_python(value, mode="json")
    return code(flow(written))


def _allowed(field: FieldInfo) -> str:
    kind = _without_none(field.annotation)
    if get_origin(kind) is Literal:
        return ", ".join(map(code, get_args(kind)))
    if get_origin(kind) in (tuple, Mapping):
        return "list" if get_origin(kind) is tuple else "mapping"
    if any(isinstance(each, PlainSerializer) and each.func is format_duration for each in field.metadata):
        return " ".join(["duration", *_bounds(field)])
    return " ".join([_grammar(field) or _KINDS.get(kind, "any"), *_bounds(field)])


def _bounds(field: FieldInfo) -> list[str]:
    signs = [(_SIGNS[type(each)], each) for each in field.metadata if type(each) in _SIGNS]
    return [" and ".join(f"{sign} {getattr(each, name):g}" for (sign, name), each in signs)] if signs else []


def _grammar(field: FieldInfo) -> str:
    """Return what the type of a setting expects, in the words of the error that refuses another value."""
    try:
        TypeAdapter(_annotated(field)).validate_python(_IMPOSSIBLE)
    except ValidationError as error:
        details = error.errors()
        return " or ".join(
            refusal.expected for detail in details if detail["type"] == REFUSED for refusal in detail["ctx"]["refusals"]
        )
    return ""


def _annotated(field: FieldInfo) -> Any:
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


def _without_none(annotation: Any) -> Any:
    inner = [each for each in get_args(annotation) if each is not NoneType]
    found = inner[0] if NoneType in get_args(annotation) and len(inner) == 1 else annotation
    return get_args(found)[0] if get_origin(found) is Annotated else found


def _class_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_class_in, get_args(annotation))), None)
