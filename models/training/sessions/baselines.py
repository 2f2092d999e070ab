"""Recommendations without a model of sessions: popular items, and items that share sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FADE = 0.5


@dataclass(frozen=True)
class Baselines:
    """Scores of items, from past sessions.

    Attributes:
        popularity: times that each item came next, ``(items,)``.
        similarity: cosine of each two items by the sessions that have them, 0 on the diagonal, ``(items, items)``.
    """

    popularity: NDArray[np.float64]
    similarity: NDArray[np.float64]

    @classmethod
    def learn(cls, recent: NDArray[np.float32], following: NDArray[np.int64], items: int) -> Baselines:
        """Count what sessions had, and what came next.

        The similarity is that of item-to-item collaborative filtering: ``c_ij / sqrt(c_i c_j)`` for the ``c_ij``
        sessions that have both, at most as far apart as the items that are remembered, and the views ``c_i`` of each.

        Source: Linden, Smith and York, Amazon.com recommendations: item-to-item collaborative filtering, IEEE Internet
        Computing 7 (2003).

        Args:
            recent: last items of each session so far, the newest first, negative = none, ``(n, m)``.
            following: the item that came next, ``(n,)``.
            items: size of the catalogue.
        """
        pairs = np.zeros((items, items))
        for codes in recent.T.astype(np.int64):
            is_known = codes >= 0
            np.add.at(pairs, (codes[is_known], following[is_known]), 1)
        pairs += pairs.T
        np.fill_diagonal(pairs, 0)
        is_first = (recent >= 0).sum(axis=1) == 1
        popularity = np.bincount(following, minlength=items).astype(np.float64)
        views = popularity + np.bincount(recent[is_first, 0].astype(np.int64), minlength=items)
        scale = np.sqrt(np.maximum(views, 1))
        return cls(popularity, pairs / np.outer(scale, scale))

    def ranks(self, session: tuple[int, ...], truth: int) -> dict[str, int]:
        """Return the rank of an item by popularity, and by its similarity to those of the session.

        Similarities are summed up, that to the last item in full, and to each older one half as much as to the one
        after it: that recalls more than the last item alone, and than all of them alike.

        Args:
            session: its last items, the newest first.
            truth: the item.
        """
        fades = _FADE ** np.arange(len(session))
        similar = fades @ self.similarity[list(session)]
        return {
            "popular_rank": rank_of(self.popularity, session, truth),
            "item_item_rank": rank_of(similar, session, truth),
        }


def rank_of(scores: NDArray[np.float64], session: tuple[int, ...], truth: int) -> int:
    """Return the rank of an item by its score, 1 = the best, those of the session left out.

    Of equal scores the lower code comes first.

    Example:
        >>> rank_of(np.array([0.5, 0.9, 0.7, 0.5]), (1,), 3)
        3
    """
    is_left = np.ones(len(scores), dtype=np.bool_)
    is_left[list(session)] = False
    is_before = (scores > scores[truth]) | ((scores == scores[truth]) & (np.arange(len(scores)) < truth))
    return 1 + int((is_before & is_left).sum())
