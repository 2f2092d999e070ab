"""The record of the outputs that a model's answers come from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, model_validator
from typing_extensions import Self


class OutputRoles(BaseModel):
    """The roles of a model's outputs; with gaps it is a user's choice, which the file fills.

    Args:
        prediction: output with the prediction, one number a row; None = computed from ``scores``.
        scores: the output with a number for each class, or one output for each class; empty = there is none.
        label: output with the class of each row; None = there is none.
        positive_class: class whose score is the prediction; None = the last of two classes, the top one of more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prediction: str | None = None
    scores: tuple[str, ...] = ()
    label: str | None = None
    positive_class: str | None = None

    @model_validator(mode="after")
    def _are_distinct(self) -> Self:
        names = [name for name in (self.prediction, *self.scores, self.label) if name is not None]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            msg = f"output {twice!r} has two roles, expected one"
            raise ValueError(msg)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all outputs with a role, each once."""
        return tuple(dict.fromkeys(name for name in (self.prediction, *self.scores, self.label) if name is not None))
