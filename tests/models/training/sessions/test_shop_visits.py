from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from models.training.sessions.baselines import Baselines
from models.training.sessions.shop_visits import (
    GAP_MS,
    ITEMS,
    TOPICS,
    Visit,
    VisitSettings,
    as_rows,
    draw_visits,
    make_catalogue,
)

VISITS = [Visit(3, (7, 5, 9, 1), (10, 20, 30, 40)), Visit(4, (2, 8, 6), (15, 25, 45))]


@pytest.fixture(scope="module")
def visits() -> list[Visit]:
    return draw_visits(VisitSettings(800, 300, seed=9))


def test_only_the_last_event_of_a_visit_tells_the_item_that_is_left_out() -> None:
    rows = [(row["time"], row["visitor"], row["item"], row.get("next_item")) for row in as_rows(VISITS)]
    assert rows == [
        (10, "v0003", 7, None),
        (15, "v0004", 2, None),
        (20, "v0003", 5, None),
        (25, "v0004", 8, 6),
        (30, "v0003", 9, 1),
    ]


def test_each_event_of_the_past_tells_what_came_next() -> None:
    assert [row["next_item"] for row in as_rows(VISITS, is_past=True)] == [5, 8, 9, 6, 1]


def test_baselines_rank_the_item_left_out_by_the_visit_before_it() -> None:
    popularity = np.arange(10.0)
    similarity = np.zeros((10, 10))
    similarity[9, [1, 2, 3]] = [0.4, 0.5, 0.3]
    similarity[5, 1] = 0.4
    found = [row for row in as_rows(VISITS, baselines=Baselines(popularity, similarity)) if "popular_rank" in row]
    # Item 6 is less popular than 7 and 9, and as like 2 and 8 as all: 0, 1, 3, 4, 5 come before it by their codes.
    # Item 1 is less popular than 2, 3, 4, 6, 8, and as like the last items, 9 in full and 5 by half, as no other.
    assert [(row["next_item"], row["popular_rank"], row["item_item_rank"]) for row in found] == [(6, 3, 6), (1, 6, 1)]


def test_visits_are_of_different_items_and_times_apart(visits: list[Visit]) -> None:
    by_visitor: dict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        assert 4 <= len(visit.items) == len(set(visit.items)) <= 12
        assert 0 <= min(visit.items) <= max(visit.items) < ITEMS
        pauses = np.diff(visit.times)
        assert 20_000 <= pauses.min() <= pauses.max() < GAP_MS
        by_visitor[visit.visitor].append(visit)
    for own in by_visitor.values():
        assert all(after.times[0] - before.times[-1] > GAP_MS for before, after in pairwise(own))


def test_steps_go_to_companions_and_to_the_topic_as_often_as_the_law_says(visits: list[Visit]) -> None:
    catalogue = make_catalogue()
    steps = [pair for visit in visits for pair in pairwise(visit.items)]
    is_first = np.mean([after == catalogue.companions[before, 0] for before, after in steps])
    assert is_first == pytest.approx(0.35 * 0.6, abs=0.04)
    back = np.mean([before == catalogue.companions[after, 0] for before, after in steps])
    assert back < 0.03
    topics = [[catalogue.topics[item] for item in visit.items] for visit in visits]
    is_of_topic = np.mean([topic == own[0] for own in topics for topic in own[1:]])
    assert is_of_topic == pytest.approx(0.45 + 0.55 / TOPICS, abs=0.08)


def test_catalogue_is_always_the_same_and_visits_follow_their_seed() -> None:
    settings = VisitSettings(20, 5, seed=3)
    assert draw_visits(settings) == draw_visits(settings) != draw_visits(VisitSettings(20, 5, seed=4))
    np.testing.assert_array_equal(make_catalogue().companions, make_catalogue().companions)
    assert np.bincount(make_catalogue().topics).tolist() == [ITEMS // TOPICS] * TOPICS
