"""Events that are made up keep the law that they are said to keep."""

from __future__ import annotations

import numpy as np
import pytest

from gress.new_job.event_parts import EventParts
from gress.new_job.guess_fields import parse_fields
from gress.new_job.made_up_events import EVENTS, make_events

PARTS = EventParts("no", "who", "at", "label")


@pytest.mark.parametrize(
    ("kind", "upper"),
    [("double", lambda value: value > 50), ("long", lambda value: value >= 5), ("string", lambda value: value in "cd")],
    ids=["double", "long", "string"],
)
def test_label_follows_the_half_of_the_first_feature(kind: str, upper: object) -> None:
    fields = parse_fields(["no:long", "who:string", "at:timestamp", f"first:{kind}", "other:boolean", "label:long"])
    events = make_events(fields, PARTS)
    is_upper = np.array([upper(event["first"]) for event in events])  # type: ignore[operator]
    label = np.array([event["label"] for event in events])
    # Four standard errors of a share among some 500 events.
    assert label[is_upper].mean() == pytest.approx(0.8, abs=0.08)
    assert label[~is_upper].mean() == pytest.approx(0.2, abs=0.08)


def test_numbers_as_labels_are_10_apart() -> None:
    fields = parse_fields(["no:long", "who:string", "at:timestamp", "is_large:boolean", "label:double"])
    events = make_events(fields, PARTS)
    large, small = ([e["label"] for e in events if e["is_large"] is half] for half in (True, False))
    assert np.mean(large) - np.mean(small) == pytest.approx(10, abs=0.6)


def test_ids_differ_and_keys_and_names_are_those_of_the_event() -> None:
    fields = parse_fields(["no:long", "who:string", "at:timestamp", "floor no:long", "label:boolean"])
    events = make_events(fields, PARTS)
    assert len({event["no"] for event in events}) == len({event["at"] for event in events}) == EVENTS
    assert len({event["who"] for event in events}) == 50
    assert list(events[0]) == ["no", "who", "at", "floor no", "label"]


def test_another_seed_makes_other_events() -> None:
    fields = parse_fields(["no:long", "who:string", "at:timestamp", "a:double", "label:boolean"])
    assert make_events(fields, PARTS) == make_events(fields, PARTS, seed=1) != make_events(fields, PARTS, seed=2)
