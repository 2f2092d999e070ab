from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from models.training.sessions.baselines import Baselines, rank_of

SESSIONS = [(0, 1, 2), (1, 0, 3), (2, 1), (3, 2, 0, 1)]
ITEMS, REMEMBERED = 5, 3


@pytest.fixture
def baselines() -> Baselines:
    steps = [(items[: place + 1], items[place + 1]) for items in SESSIONS for place in range(len(items) - 1)]
    recent = [[*had[::-1][:REMEMBERED], *[-1] * (REMEMBERED - len(had))] for had, _ in steps]
    return Baselines.learn(np.array(recent, np.float32), np.array([item for _, item in steps]), ITEMS)


def test_similarity_is_the_cosine_of_the_sessions_of_two_items(baselines: Baselines) -> None:
    views = Counter(item for items in SESSIONS for item in items)
    together = Counter(frozenset(pair) for items in SESSIONS for pair in combinations(items, 2))
    for one, other in combinations(range(ITEMS), 2):
        wanted = together[frozenset((one, other))] / np.sqrt(max(views[one], 1) * max(views[other], 1))
        assert baselines.similarity[one, other] == baselines.similarity[other, one] == pytest.approx(wanted)
    assert np.diag(baselines.similarity).tolist() == [0] * ITEMS


def test_popularity_counts_what_came_next(baselines: Baselines) -> None:
    assert baselines.popularity.tolist() == [2, 3, 2, 1, 0]


def test_older_items_of_a_session_count_by_halves() -> None:
    similarity = np.zeros((5, 5))
    similarity[0, 3], similarity[1, 4] = 0.5, 0.9
    baselines = Baselines(np.zeros(5), similarity)
    # 0.5 of the last item, 0.45 of the one before it.
    assert baselines.ranks((0, 1), 3)["item_item_rank"] == 1
    assert baselines.ranks((1, 0), 3)["item_item_rank"] == 2


@pytest.mark.parametrize(
    ("session", "truth", "rank"), [((), 4, 5), ((3,), 4, 4), ((), 0, 2), ((), 1, 3), ((0,), 1, 2)], ids=str
)
def test_ranks_leave_out_what_the_session_has_had_and_break_ties_by_code(
    session: tuple[int, ...], truth: int, rank: int
) -> None:
    assert rank_of(np.array([0.5, 0.5, 0.4, 0.9, 0.1]), session, truth) == rank
