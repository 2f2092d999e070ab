"""Visits of an online shop, drawn by a law that is written here.

The law. A catalogue of 240 items has 12 topics of 20. The share of an item in its topic falls with its place ``p``
there, as ``1 / (p + 2)``, and so does that of a topic among all. Each item has three companions, drawn once: what
people look at next, as a case after a phone; the way back has no such pull. A visit has 4 to 12 views of items, 20 s to
5 minutes apart, and one topic that it is about, by the topics' shares. Its first item is one of the topic. Of those
that follow

- 35 % are a companion of the item before, the first with chance 0.6, the second 0.3, the third 0.1;
- 45 % are of the visit's topic, by the shares of its items;
- 20 % are of any topic, by the shares of all.

An item that the visit has had is drawn again. A visitor comes again at any time, an hour after a visit or later.

The catalogue has a seed of its own, as it is the same shop whose past the model learns and whose visits it serves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.training.sessions.baselines import Baselines

ITEMS, TOPICS = 240, 12
GAP_MS = 30 * 60_000
"""Longest pause within a visit, ms."""
REMEMBERED = 8
"""Last items of a visit that are known where one is recommended."""
_START_MS = 1_772_409_600_000  # Monday 2026-03-02
_DAY_MS = 86_400_000
_LEAST_VIEWS, _MOST_VIEWS = 4, 12
_CATALOGUE_SEED = 17
_COMPANION, _OF_TOPIC = 0.35, 0.45
_COMPANION_SHARES = np.array([0.6, 0.3, 0.1])


@dataclass(frozen=True)
class VisitSettings:
    """Size and seed of the visits.

    Args:
        visits: number of visits.
        visitors: number of visitors.
        days: days over which they come.
        seed: seed of all draws but those of the catalogue.
    """

    visits: int = 1_500
    visitors: int = 600
    days: int = 14
    seed: int = 2


@dataclass(frozen=True)
class Visit:
    """Views of items, one after the other.

    Attributes:
        visitor: number of the visitor.
        items: codes of the items, ``0..ITEMS - 1``, each once.
        times: when they are looked at, ms since 1970, ascending.
    """

    visitor: int
    items: tuple[int, ...]
    times: tuple[int, ...]


@dataclass(frozen=True)
class Catalogue:
    """Items of the shop.

    Attributes:
        topics: topic of each item, ``(ITEMS,)``.
        shares: share of each item among all, ``(ITEMS,)``.
        companions: codes of the companions of each item, ``(ITEMS, 3)``.
    """

    topics: NDArray[np.int64]
    shares: NDArray[np.float64]
    companions: NDArray[np.int64]


def make_catalogue() -> Catalogue:
    """Draw the catalogue, always the same; the codes of items say nothing of their topics."""
    rng = np.random.default_rng(_CATALOGUE_SEED)
    topics = rng.permutation(ITEMS) % TOPICS
    shares = 1 / (topics + 2.0)
    for topic in range(TOPICS):
        own = np.flatnonzero(topics == topic)
        shares[own] *= 1 / (rng.permutation(len(own)) + 2.0)
    companions = np.stack([rng.choice(np.delete(np.arange(ITEMS), item), 3, replace=False) for item in range(ITEMS)])
    return Catalogue(topics, shares / shares.sum(), companions)


def draw_visits(settings: VisitSettings) -> list[Visit]:
    """Draw visits by the law, each visitor's own far enough apart not to be one."""
    rng, catalogue = np.random.default_rng(settings.seed), make_catalogue()
    visits = []
    ends: dict[int, int] = {}
    for start in np.sort(rng.integers(0, settings.days * _DAY_MS, settings.visits)).tolist():
        visitor = int(rng.integers(settings.visitors))
        items = _walk(rng, catalogue)
        begin = max(_START_MS + start, ends.get(visitor, 0) + 2 * GAP_MS)
        times = begin + np.cumsum([0, *rng.integers(20_000, 300_000, len(items) - 1).tolist()])
        ends[visitor] = int(times[-1])
        visits.append(Visit(visitor, items, tuple(times.tolist())))
    return visits


def as_rows(
    visits: list[Visit], *, is_past: bool = False, baselines: Baselines | None = None
) -> Iterator[dict[str, int | str]]:
    """Yield the views of visits but the last of each as events, in the order of time.

    Args:
        visits: the visits.
        is_past: whether each event holds the item that came next, as training takes it. Otherwise only the last event
            of a visit does: the item that was left out, one of each visit.
        baselines: whose ranks of the item left out the last event of a visit tells, too; None: it tells none.
    """
    views = [(time, visit, place) for visit in visits for place, time in enumerate(visit.times[:-1])]
    views.sort(key=lambda view: (view[0], view[1].visitor))
    for number, (time, visit, place) in enumerate(views):
        row: dict[str, int | str] = {"view": number, "time": time, "visitor": f"v{visit.visitor:04}"}
        row["item"] = visit.items[place]
        is_last = place == len(visit.items) - 2
        if is_last or is_past:
            row["next_item"] = visit.items[place + 1]
        if is_last and baselines is not None:
            row |= baselines.ranks(visit.items[place::-1][:REMEMBERED], visit.items[-1])
        yield row


def _walk(rng: np.random.Generator, catalogue: Catalogue) -> tuple[int, ...]:
    topic_shares = np.bincount(catalogue.topics, catalogue.shares, TOPICS)
    topic = rng.choice(TOPICS, p=topic_shares / topic_shares.sum())
    of_topic = np.where(catalogue.topics == topic, catalogue.shares, 0)
    of_topic /= of_topic.sum()
    items = [int(rng.choice(ITEMS, p=of_topic))]
    length = int(rng.integers(_LEAST_VIEWS, _MOST_VIEWS + 1))
    while len(items) < length:
        drawn = rng.random()
        if drawn < _COMPANION:
            item = int(rng.choice(catalogue.companions[items[-1]], p=_COMPANION_SHARES))
        else:
            item = int(rng.choice(ITEMS, p=of_topic if drawn < _COMPANION + _OF_TOPIC else catalogue.shares))
        if item not in items:
            items.append(item)
    return tuple(items)
