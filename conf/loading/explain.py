"""Translation of pydantic's errors into problems in our own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from conf.errors import ConfigProblem, KeyPath
from conf.loading.masking import HIDDEN, is_secret
from conf.loading.raw import RawSettings
from conf.loading.schema import names_at, setting_keys
from conf.nearest import suggest
from conf.types.refusal import REFUSED, Refusal

# pydantic's error type -> the expected value, formatted with the error's context.
_EXPECTED = {
    "missing": "a value, which is required",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text",
    "literal_error": "{expected}",
    "greater_than": "a value > {gt}",
    "greater_than_equal": "a value >= {ge}",
    "less_than": "a value < {lt}",
    "less_than_equal": "a value <= {le}",
    "too_short": "at least {min_length} entry",
    "tuple_type": "a list",
    "mapping_type": "a mapping",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "invalid_key": "a key that is text",
}
_KEY = "[key]"
_MOST_ELSEWHERE = 3


def _as_it_is(path: KeyPath) -> KeyPath:
    return path


def explain(
    error: ValidationError,
    raw: RawSettings,
    model: type[BaseModel],
    original: Callable[[KeyPath], KeyPath] = _as_it_is,
) -> Iterator[ConfigProblem]:
    """Yield one problem for each value of ``raw`` that ``model`` refused.

    Args:
        error: the refusal.
        raw: the configuration.
        model: class that refused it.
        original: gives the path in ``raw`` of a path in what the model was given.
    """
    for detail in error.errors(include_url=False):
        path: KeyPath = detail["loc"]
        if detail["type"] == REFUSED:
            refusals: tuple[Refusal, ...] = detail["ctx"]["refusals"]
            for refusal in refusals:
                at, *against = (original((*path, *each)) for each in (refusal.at, *refusal.against))
                yield _of_refusal(refusal, at, against, raw)
        elif detail["type"] == "extra_forbidden":
            yield _of_unknown_key(original(path), raw, model)
        else:
            yield _of_type(detail, original(path), raw)


def _of_refusal(refusal: Refusal, path: KeyPath, against: Sequence[KeyPath], raw: RawSettings) -> ConfigProblem:
    if path[-1:] == (_KEY,):
        return _of_key(path[:-1], refusal.expected, raw, refusal.hint)
    if refusal.is_hidden:
        return ConfigProblem(path, refusal.expected, HIDDEN, refusal.hint, raw.source_of(path))
    if against:
        got = " and ".join(raw.shown(each) for each in (path, *against))
        others = tuple((each, raw.source_of(each)) for each in against)
        return ConfigProblem(path, refusal.expected, got, refusal.hint, raw.source_of(path), others)
    value = raw.value_at(path)
    hint = refusal.hint
    if isinstance(value, str) and not raw.is_hidden(path):
        hint = hint or suggest(value, _without_hidden(refusal.candidates, raw))
    return raw.problem(path, refusal.expected, hint=hint)


def _without_hidden(candidates: tuple[str, ...], raw: RawSettings) -> list[str]:
    hidden = {raw.value_at(path) for path in raw.substituted}
    return [candidate for candidate in candidates if candidate not in hidden]


def _of_key(path: KeyPath, expected: str, raw: RawSettings, hint: str = "") -> ConfigProblem:
    return ConfigProblem(path, expected, repr(path[-1]), hint, raw.source_of(path))


def _of_unknown_key(path: KeyPath, raw: RawSettings, model: type[BaseModel]) -> ConfigProblem:
    key = str(path[-1])
    names = names_at(model, path[:-1])
    if is_secret(path[-1:]):
        hint = "credentials come from the environment or the cloud's own chain, never from settings"
    else:
        hint = suggest(key, names) or _elsewhere(key, model) or f"valid names: {', '.join(names)}"
    return ConfigProblem(path, "a known key", repr(key), hint, raw.source_of(path))


def _elsewhere(key: str, model: type[BaseModel]) -> str:
    paths = [".".join(known.path) for known in setting_keys(model) if known.path[-1] == key]
    return f"nearest valid name {' or '.join(map(repr, paths[:_MOST_ELSEWHERE]))}" if paths else ""


def _of_type(detail: ErrorDetails, path: KeyPath, raw: RawSettings) -> ConfigProblem:
    kind = detail["type"]
    if path[-1:] == (_KEY,):
        return _of_key(path[:-1], _EXPECTED["invalid_key"], raw)
    template = _EXPECTED.get(kind)
    message = detail["msg"].removeprefix("Input should be ")
    expected = message if template is None else template.format(**detail.get("ctx", {}))
    value = raw.value_at(path)
    is_unquoted = kind == "string_type" and not isinstance(value, dict | list | None)
    hint = "put it in quotes" if is_unquoted else ""
    if kind == "literal_error" and isinstance(value, str) and not raw.is_hidden(path):
        hint = suggest(value, re.findall(r"'([^']*)'", expected))
    return raw.problem(path, expected, hint=hint)
