"""A linear model, as a learner hands it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from models.errors import fail
from models.learned.arrays import SUBJECT, at_least, different_names, finite_array

Link = Literal["identity", "logistic", "softmax", "sign"]
# The softmax has any number of classes from 2.
_CLASSES = {"identity": 0, "logistic": 2, "sign": 2}


@dataclass(frozen=True, eq=False)
class LearnedLinear:
    """A linear model on standardised features.

    z = (x - mean) / scale, at most ``clip`` away from 0; value = z · weights + bias; the link makes the answer of it:

    - ``identity``: the value itself, a regression;
    - ``logistic``: 1 / (1 + exp(-value)), the probability of the second of two classes;
    - ``softmax``: exp(value of a class) / the sum over classes, a probability for each;
    - ``sign``: the value is the margin, and its sign decides between two classes; there is no probability.

    Null rule: a missing value (NaN) counts as the mean, z = 0. A feature with scale 0 never varied while the model
    learnt, so it says nothing: z = 0 whatever comes.

    Attributes:
        features: names of the k columns, in order.
        weights: (k, outputs) float64, for standardised features.
        bias: (outputs,) float64.
        link: function from values to answers; all but ``softmax`` have one output.
        mean: (k,) float64, in the features' units.
        scale: (k,) float64, the standard deviations, or whatever features were divided by.
        clip: most standard deviations that a value counts for; None = any.
        classes: (negative, positive), or a name for each output of ``softmax``; none for ``identity``.
    """

    features: tuple[str, ...]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    link: Link
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    clip: float | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = different_names("features", self.features, 1)
        classes = self._checked_classes()
        if self.clip is not None and not 0 < self.clip < np.inf:
            fail(f"{SUBJECT}: clip", f"expected a number > 0 or None, got {self.clip}")
        width, outputs = len(names), len(classes) if self.link == "softmax" else 1
        found = {
            "weights": finite_array("weights", self.weights, (width, outputs)),
            "bias": finite_array("bias", self.bias, (outputs,)),
            "mean": finite_array("mean", self.mean, (width,)),
            "scale": finite_array("scale", self.scale, (width,)),
            "features": names,
            "classes": classes,
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)
        at_least("scale", self.scale, 0)

    def _checked_classes(self) -> tuple[str, ...]:
        if self.link not in get_args(Link):
            fail(f"{SUBJECT}: link", f"expected one of {', '.join(get_args(Link))}, got {self.link!r}")
        wanted = _CLASSES.get(self.link)
        if wanted is not None and len(self.classes) != wanted:
            fail(f"{SUBJECT}: classes", f"expected {wanted} for link {self.link}, got {len(self.classes)}")
        return different_names("classes", self.classes, 2 if wanted is None else wanted)

    @property
    def raw_weights(self) -> NDArray[np.float64]:
        """The weights for features in their own units, (k, outputs): per unit instead of per standard deviation."""
        scale = np.where(self._varies, self.scale, 1.0)[:, None]
        return np.asarray(np.where(self._varies[:, None], self.weights / scale, 0.0))

    @property
    def raw_bias(self) -> NDArray[np.float64]:
        """The bias beside the weights for features in their own units, (outputs,)."""
        return np.asarray(self.bias - self.mean @ self.raw_weights)

    @property
    def _varies(self) -> NDArray[np.bool_]:
        return np.asarray(self.scale > 0)

    def standardised(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return rows (n, k) in standard deviations from the mean, no further than the clip."""
        x = np.asarray(rows, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            z = (x - self.mean) / np.where(self._varies, self.scale, 1.0)
        if self.clip is not None:
            z = np.clip(z, -self.clip, self.clip)
        return np.where(np.isnan(x) | ~self._varies, 0.0, z)

    def values(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the values of rows (n, k) before the link, (n, outputs)."""
        # Infinity times a weight of 0 is NaN: no prediction, as ONNX Runtime says, too.
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.standardised(rows) @ self.weights + self.bias)

    def scores(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the answers for rows (n, k): (n, classes) probabilities, or (n, 1) values or margins."""
        return self.answers(self.values(rows))

    def answers(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the answers for values (n, outputs); see ``scores``."""
        if self.link == "softmax":
            return softmax(values)
        if self.link != "logistic":
            return values
        with np.errstate(over="ignore"):
            return np.concatenate([1 / (1 + np.exp(values)), 1 / (1 + np.exp(-values))], axis=1)

    def predict(self, rows: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the predictions for rows (n, k) as a job serves them, (n,).

        They are the probability of the positive class, of the likeliest of more than two classes, the value or the
        margin.
        """
        return served(self.scores(rows))


def served(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the prediction column of scores (n, c), (n,): the last of at most two, the largest of more."""
    return np.asarray(scores[:, -1] if scores.shape[1] <= 2 else scores.max(axis=1))


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities (n, c) that are proportional to exp(values)."""
    with np.errstate(invalid="ignore", over="ignore"):
        powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
