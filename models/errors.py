"""The error of this package."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn


class ModelError(Exception):
    """A model that cannot be found, read, trusted or fed.

    The text names the model, the expected and the found value, and the remedy.

    Args:
        subject: the faulty thing, such as ``model fraud@7.0.0`` or ``model file /m/model.onnx``.
        problem: a verb phrase with the expected and the found value, such as ``wants (n, 20), got (64, 19)``.
        fix: the remedy or the missing part; joined with a semicolon.

    Example:
        >>> print(ModelError("model fraud@7.0.0", "wants (n, 20), got (64, 19)", "missing column 'z'"))
        model fraud@7.0.0 wants (n, 20), got (64, 19); missing column 'z'
    """

    def __init__(self, subject: str, problem: str, fix: str = "") -> None:
        super().__init__(subject, problem, fix)
        self.subject = subject
        self.problem = problem
        self.fix = fix

    def at(self, place: str) -> ModelError:
        """Return the error with the place of the setting that names the model in front."""
        return ModelError(f"{place}: {self.subject}", self.problem, self.fix)

    @classmethod
    def of_file(cls, path: Path, problem: str, fix: str = "") -> ModelError:
        """Return the error of a model file."""
        return cls(f"model file {path}", problem, fix)

    def __str__(self) -> str:
        text = f"{self.subject} {self.problem}"
        return f"{text}; {self.fix}" if self.fix else text


def refuse(subject: str, expected: str, got: object, what_to_do: str = "") -> NoReturn:
    """Raise the error for a value that differs from the one that a model wants.

    >>> refuse("model fraud@7.0.0", "(n, 20)", "(64, 19)", "missing column 'z'")
    Traceback (most recent call last):
    models.errors.ModelError: model fraud@7.0.0 wants (n, 20), got (64, 19); missing column 'z'
    """
    fail(subject, f"wants {expected}, got {got}", what_to_do)


def fail(subject: str, problem: str, what_to_do: str = "") -> NoReturn:
    """Raise the error for anything else that went wrong.

    >>> fail("model fraud@7.0.0", "cannot be promoted: it is retired", "promote another version")
    Traceback (most recent call last):
    models.errors.ModelError: model fraud@7.0.0 cannot be promoted: it is retired; promote another version
    """
    raise ModelError(subject, problem, what_to_do)
