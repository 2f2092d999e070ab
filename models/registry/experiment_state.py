"""State of an experiment, as the deployments of a model hold it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from models.errors import fail

TOLERANCE = 1e-6
"""Percent by which weights may miss 100, as thirds of it are no floats."""


class ExperimentState(BaseModel):
    """Weights of an experiment's variants, and how far the experiment is.

    Args:
        weights: percent of the experiment's units by variant; they sum to 100.
        step: place in the steps of the ramp; it grows by one with each change of the weights.
        state: ``running``; ``promoted`` or ``rolled_back`` after its end.
        since: time of the change that led here.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    weights: Mapping[str, float]
    step: Annotated[int, Field(ge=0)] = 0
    state: Literal["running", "promoted", "rolled_back"] = "running"
    since: AwareDatetime

    @property
    def is_whole(self) -> bool:
        """Whether the weights share out all units: none is negative, and they sum to 100.

        Reading does not insist on it: a model must serve on beside weights that somebody wrote by hand.
        """
        weights = self.weights.values()
        return all(weight >= 0 for weight in weights) and abs(sum(weights) - 100) <= TOLERANCE


def check_weights(subject: str, state: ExperimentState) -> None:
    """Check that the weights share out all units.

    Raises:
        ModelError: they do not.
    """
    if not state.is_whole:
        total = sum(state.weights.values())
        fail(subject, f"has no such weights: expected some >= 0 that sum to 100, got a sum of {total:.12g}")
