"""Numbers of a learner's settings in their places for kernels, and the targets that it learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from state.learners.kernels import places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.learners.settings import LearnerSettings


def is_target(targets: NDArray[np.float64], settings: LearnerSettings) -> NDArray[np.bool_]:
    """Return which targets can be learnt."""
    if settings.kind.targets == "numbers":
        return np.isfinite(targets)
    is_class: NDArray[np.bool_]
    if settings.kind.targets == "binary":
        is_class = (targets == 0) | (targets == 1)
    else:
        is_class = (targets >= 0) & (targets < settings.classes) & (targets == np.floor(targets))
    return is_class


def numbers_of(settings: LearnerSettings) -> NDArray[np.float64]:
    """Return the settings in their places for a kernel."""
    numbers = np.zeros(places.IS_BOUNDED + 1)
    numbers[places.LOSS] = settings.kind.losses[settings.loss or settings.kind.loss]
    numbers[places.IS_BOUNDED] = settings.variant == "PA-I"
    for place, name in (
        (places.L1, "l1"),
        (places.L2, "l2"),
        (places.CLIP, "clip"),
        (places.EPSILON, "epsilon"),
        (places.ALPHA, "alpha"),
        (places.BETA, "beta"),
        (places.AGGRESSIVENESS, "aggressiveness"),
    ):
        numbers[place] = getattr(settings, name)
    return numbers
