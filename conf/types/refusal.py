"""How a settings class refuses a value.

Rule: the texts here never contain values of the configuration; whoever prints the problem looks the value up
by its path, and hides it when it came from the environment or looks like a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from conf.errors import KeyPath

REFUSED = "refused"


@dataclass(frozen=True)
class Refusal:
    """One value that is refused.

    Attributes:
        expected: What would have been right.
        at: Path to the value, from the settings class that refuses it.
        hint: What to do about it.
        candidates: Names that would have been right; the nearest is suggested.
        is_hidden: Whether the value may hold a secret, so that no error shows it.
    """

    expected: str
    at: KeyPath = ()
    hint: str = ""
    candidates: tuple[str, ...] = ()
    is_hidden: bool = False


def refuse(*refusals: Refusal) -> PydanticCustomError:
    """The error to raise from a validator; each refusal in it becomes a line of its own."""
    text = "; ".join(refusal.expected for refusal in refusals)
    return PydanticCustomError(REFUSED, "expected {text}", {"text": text, "refusals": refusals})


def repeated_names(names: Sequence[str], *, within: str) -> list[Refusal]:
    """A refusal at ``within.N.name`` for each name that an earlier entry has already."""
    return [
        Refusal("a name that no earlier entry has", (within, index, "name"))
        for index, name in enumerate(names)
        if name in names[:index]
    ]
