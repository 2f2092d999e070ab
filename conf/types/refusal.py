"""Refusal of a value by a settings class.

Rule: these texts never contain values of the configuration. The code that prints a problem looks the value up by
its path, and hides it if it came from the environment or looks like a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from conf.errors import KeyPath

REFUSED = "refused"


@dataclass(frozen=True)
class Refusal:
    """One refused value.

    Attributes:
        expected: the correct kind of value.
        at: path to the value, from the settings class that refuses it.
        hint: the remedy.
        candidates: valid names; the error suggests the nearest.
        is_hidden: the value may hold a secret, so no error shows it.
        against: paths to the values that it contradicts, from the same class.
    """

    expected: str
    at: KeyPath = ()
    hint: str = ""
    candidates: tuple[str, ...] = ()
    is_hidden: bool = False
    against: tuple[KeyPath, ...] = ()


def validation_error(*refusals: Refusal) -> PydanticCustomError:
    """Return the error for a validator to raise; each refusal becomes a line of its own."""
    text = "; ".join(refusal.expected for refusal in refusals)
    return PydanticCustomError(REFUSED, "expected {text}", {"text": text, "refusals": refusals})


def repeated_names(names: Sequence[str], *, within: str) -> list[Refusal]:
    """Return a refusal at ``within.N.name`` for each name that an earlier entry has already."""
    return [
        Refusal("a name that no earlier entry has", (within, index, "name"))
        for index, name in enumerate(names)
        if name in names[:index]
    ]
