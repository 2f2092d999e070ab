"""The one error of this package."""

from __future__ import annotations

from pathlib import Path


class ModelError(Exception):
    """A model that cannot be found, read, trusted or fed.

    The text says which model, what was expected, what was found and what to do.

    Args:
        subject: What it is about, such as ``model fraud@7.0.0`` or ``model file /m/model.onnx``.
        problem: A verb phrase with the expected and the found, such as ``wants (n, 20), got (64, 19)``.
        fix: What to do or what is missing; joined with a semicolon.

    Example:
        >>> print(ModelError("model fraud@7.0.0", "wants (n, 20), got (64, 19)", "missing column 'z'"))
        model fraud@7.0.0 wants (n, 20), got (64, 19); missing column 'z'
    """

    def __init__(self, subject: str, problem: str, fix: str = "") -> None:
        super().__init__(subject, problem, fix)
        self.subject = subject
        self.problem = problem
        self.fix = fix

    @classmethod
    def of_file(cls, path: Path, problem: str, fix: str = "") -> ModelError:
        """The error of a model file."""
        return cls(f"model file {path}", problem, fix)

    def __str__(self) -> str:
        text = f"{self.subject} {self.problem}"
        return f"{text}; {self.fix}" if self.fix else text
