"""A shard with a model a key, each of which is a shared model and the key's own deviation from it.

Rules of this file:

- margin of a row = margin of the shared model + margin of its key's deviation. A deviation begins at zero, so a key
  without rows is predicted by the shared model, and moves away from it as far as its own rows show. A penalty (l1, l2)
  of the learner draws it back. Source: Zhang et al., GLMix: generalized linear mixed models for large-scale response
  prediction, KDD 2016, doi 10.1145/2939672.2939684.
- A model that begins at nothing, or as a copy of the shared one, is far worse. Log loss of 1,754,155 card payments by
  terminal, sgd at 0.05: one model 0.0394, a deviation 0.0361, a copy 0.085, nothing 0.287; by customer 0.0394, 0.0383,
  0.070 and 0.155. Not always better (customer, adagrad: 0.0404 to 0.0399), so scores of the shared one are told, too.
- What keys share follows from all rows of the shard, for a key alone has too few: the scaler, so that deviations and
  shared weights are of the same units; the scores; the guard, its held-out rows, and the watch for drift, which look
  at the shared model and change it alone.
- A deviation is learnt beside the shared model as it was at the last multiple of `EVERY` rows, which is nearly what was
  served. So the order of rows alone decides, and not how they are cut into batches.
- An update that leaves a number of a deviation infinite or NaN is taken back, and counted.
- Rows without a key, with one that is too long, and of keys beyond the limit are predicted by the shared model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from state.learning.packed import pack, unpack
from state.learning.prequential import Prequential
from state.learning.row_cuts import row_cuts
from state.training.course import Course, CourseSettings
from state.training.keys.key_states import KEPT, KeyStates
from state.training.keys.key_table import KeyTable
from state.training.keys.shared_view import SharedView

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.training.chain import ChainSettings
    from state.training.samples import Samples
    from state.training.waiting import SampleStore

VERSION = 1
EVERY = 32
"""Rows of the shard after which its keys see the shared model again."""
_ENTRY = "keys"


class KeyModels:
    """A student with a model a key.

    Args:
        settings: of the course of the shared model; its learner, one of `LinearLearner`, is that of deviations, too.
        most: most keys of the shard that get a deviation, those that come first.
        kept: models that stay in memory.
    """

    def __init__(self, settings: CourseSettings, most: int, kept: int = KEPT) -> None:
        self._course, self._most = Course(settings), most
        self._learner = settings.chain.make_learner()
        self._fresh = self._learner.numbers()
        self._parameters = parameters_of(settings.chain)
        self._keys = KeyStates(self._parameters, kept)
        self._view = SharedView.of(self._course.chain)
        self._own = Prequential(settings.chain.task, fading=settings.fading)
        self._told = self._unkeyed = self._taken_back = 0

    @property
    def taken_back(self) -> int:
        """Updates that were taken back so far, of the shared model and of deviations."""
        return self._course.taken_back + self._taken_back

    def learn(self, store: SampleStore, samples: Samples) -> None:
        """Learn samples in their order."""
        samples, _, weights = self._course.chosen(samples)
        rows, margins = self._shared(samples)
        found: NDArray[np.float64] | None = None
        for name, places in _by_key(samples.names, weights):
            part = (rows[places], samples.targets[places], weights[places], margins[places])
            said = self._learn(store, name, *part)
            if found is None:
                found = np.empty((len(samples), *said.shape[1:]))
            found[places] = said
        assert found is not None
        self._own.update(found, samples.targets)

    def _shared(self, samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Let the shared model learn; return standardised rows, and the margins that keys see for them."""
        parts = []
        for cut in row_cuts(self._course.seen, len(samples), EVERY):
            part = samples.take(cut)
            if self._course.seen % EVERY == 0:
                self._view = SharedView.of(self._course.chain)
            parts.append(self._view.margins(part.features.astype(np.float64)))
            self._course.learn(part)
        rows, margins = zip(*parts, strict=True)
        return np.concatenate(rows), np.concatenate(margins)

    def _learn(self, store: SampleStore, name: bytes, *part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Predict the rows of a key, and learn those with a weight; return the predictions."""
        rows, targets, weights, margins = part
        known = self._keys.get(store, name) if name else None
        is_own = bool(name) and (known is not None or (len(self._keys) < self._most and bool(weights.any())))
        if known is None:
            known = self._fresh
        if not is_own:
            self._unkeyed += int(np.count_nonzero(weights))
            weights = np.zeros(len(weights))
        said, numbers = self._taught(known, rows, targets, weights, margins)
        if is_own and weights.any():
            self._keys.put(name, numbers, is_new=known is self._fresh)
        return said

    def _taught(
        self, known: NDArray[np.float64], *part: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return predictions, and a learner's numbers after the rows, without rows that make them infinite."""
        learner = self._learner
        learner.take_numbers(known)
        said = learner.learn_many(*part)
        if learner.is_finite():
            return said, learner.numbers()
        if len(said) == 1:
            self._taken_back += 1
            return said, known
        # Row by row, which gives the same bits: the first row that blows it up is somewhere among them.
        answers = []
        for row in range(len(said)):
            said, known = self._taught(known, *(column[row : row + 1] for column in part))
            answers.append(said)
        return np.concatenate(answers), known

    def save(self, store: SampleStore) -> None:
        """Write what has changed into the shard's state: the shared part, and the keys that have learnt."""
        counts = np.array([self._keys.slot, self._told, self._unkeyed, self._taken_back], "<i8").tobytes()
        store.put(_ENTRY, pack(VERSION, counts, *(part.to_bytes() for part in (self._course, self._view, self._own))))
        self._keys.save(store)

    def restore(self, entries: Mapping[str, bytes]) -> None:
        """Continue from a state.

        Raises:
            ValueError: it is of another format version or of other settings.
        """
        if _ENTRY not in entries:
            return
        counts, course, view, own = unpack("models of keys", VERSION, entries[_ENTRY])
        slot, self._told, self._unkeyed, self._taken_back = np.frombuffer(counts, "<i8").tolist()
        self._course.restore(course)
        self._view = self._view.restored(view)
        self._own.restore(own)
        self._keys.restore(entries, slot)

    def report(self) -> dict[str, Any]:
        """Return the report on the slot that ends.

        Beside what is told of any course: ``models``, keys with a deviation; ``unkeyed``, rows that only the shared
        model has learnt; ``taken_back``, updates of deviations that blew them up; ``shared``, the scores that the
        shared model alone has.
        """
        told = self._course.report()
        return {
            **told,
            "rows": self._course.updates - self._told,
            "scores": self._own.metrics(),
            "shared": told["scores"],
            "models": len(self._keys),
            "unkeyed": self._unkeyed,
            "taken_back": self._taken_back,
        }

    def version(self) -> bytes | None:
        """Return the shared model and the deviations that have changed since the last slot; None: none has."""
        if self._course.updates == self._told:
            return None
        self._told = self._course.updates
        shared = self._course.model(self._own.metrics()).to_bytes()
        return KeyTable.of(shared, self._keys.end_slot(), self._parameters).to_bytes()


def parameters_of(chain: ChainSettings) -> int:
    """Return the number of parameters of a linear learner: of a deviation."""
    found = chain.make_learner().parameters()
    return int(found.weights.size + found.bias.size)


def _by_key(names: NDArray[np.bytes_] | None, weights: NDArray[np.float64]) -> Iterator[tuple[bytes, NDArray[Any]]]:
    """Yield each key with the places of its rows, the one whose first row to learn comes first before the others."""
    if names is None:
        yield b"", np.arange(len(weights))
        return
    known, owners = np.unique(names, return_inverse=True)
    learnt = np.flatnonzero(weights > 0)
    firsts = np.full(len(known), len(names))
    np.minimum.at(firsts, owners[learnt], learnt)
    order = np.argsort(owners, kind="stable")
    ends = np.cumsum(np.bincount(owners, minlength=len(known)))
    for each in np.argsort(firsts, kind="stable").tolist():
        begin = ends[each - 1] if each else 0
        yield bytes(known[each]), order[begin : ends[each]]
