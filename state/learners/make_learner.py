"""A learner of its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from state.learners.kernels.compiled import compiled, has_compiler
from state.learners.linear_learner import LinearLearner

if TYPE_CHECKING:
    from state.learners.settings import LearnerSettings


def make_learner(
    settings: LearnerSettings, features: int, *, engine: Literal["numba", "numpy"] | None = None
) -> LinearLearner:
    """Return a learner of rows with so many features.

    Args:
        settings: the settings.
        features: number of features of a row, >= 1.
        engine: what runs its update; None: numba where it is installed, else numpy. They differ by rounding.

    Example:
        >>> from state.learners.settings import LearnerSettings
        >>> learner = make_learner(LearnerSettings("logistic", rate=0.5), features=2, engine="numpy")
        >>> learner.learn_many([[1.0, 0.0], [1.0, 0.0]], [1, 1], [1, 1]).round(3).tolist()
        [0.5, 0.622]
        >>> learner.parameters().weights.round(3).tolist()
        [[0.439], [0.0]]
    """
    is_compiled = engine == "numba" or (engine is None and has_compiler())
    update = settings.update
    return LinearLearner(settings, features, compiled(update.loops) if is_compiled else update.vectors)
