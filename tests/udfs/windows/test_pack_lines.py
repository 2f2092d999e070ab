from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from udfs.parsing.json_lines import JsonLines
from udfs.windows.pack_lines import LABEL_BYTES, PackLines
from udfs.windows.parts import PartFormat

LABELS = (7, -3, 500)
T0 = 1_522_540_831_000


def line(**changed: Any) -> str:
    return json.dumps({"id": 1, "at": T0, "card": "c", "amount": 1.25, "size": 2} | changed)


@pytest.fixture
def pack(make_settings: MakeSettings) -> Any:
    def make(**options: Any) -> PackLines:
        job = make_settings().job
        assert job is not None
        described = PackLines(job.events, JsonLines(job.events.fields), "card", LABELS, **options)
        function: PackLines = pickle.loads(pickle.dumps(described))
        function.open()
        return function

    return make


def rows_of(function: PackLines, found: Any) -> list[tuple[int, list[int]]]:
    """The ids of each part, by its label."""
    form = PartFormat(function.columns)
    parts = [
        (int.from_bytes(part[:LABEL_BYTES], "little", signed=True), form.decode(part[LABEL_BYTES:]))
        for part in found["__parts"][0] or []
    ]
    return [(label, form.arrays(block)["id"].tolist()) for label, block in parts]


def run(function: PackLines, *lines: str, **more: Any) -> dict[str, Any]:
    found = function.run({"__line": line_column(lines), **more})
    assert list(found) == [name for name, _ in function.outputs]
    assert {len(values) for values in found.values()} == {len(lines)}
    return dict(found)


def test_rows_of_a_key_share_a_part_and_none_is_lost(pack: Any) -> None:
    function = pack()
    cards = [f"card {number % 5}" for number in range(50)]
    found = run(function, *(line(id=i, card=card) for i, card in enumerate(cards)))
    parts = rows_of(function, found)
    assert {label for label, _ in parts} <= set(LABELS)
    assert sorted(i for _, ids in parts for i in ids) == list(range(50))
    for number in range(5):
        assert len({label for label, ids in parts if number in ids}) == 1
    assert found["__newest"].tolist() == [T0, *[None] * 49]


def test_bad_and_late_rows_are_told_with_their_lines(pack: Any) -> None:
    function = pack()
    delay = function.events.watermark_delay_ms
    lines = [line(id=1), "{", line(id=2, at=T0 - delay), line(id=3, at=T0 - delay - 1)]
    found = run(function, *lines)
    assert list(found["__dead_letter_reason"]) == [None, "malformed", None, "late"]
    assert list(found["__bad_line"]) == [None, b"{", None, lines[3].encode()]
    assert list(found["at"]) == [None, None, None, T0 - delay - 1]
    assert list(found["card"]) == [None, None, None, "c"]
    assert sorted(i for _, ids in rows_of(function, found) for i in ids) == [1, 2]
    again = run(function, line(id=4, at=T0 - delay - 1))
    assert list(again["__dead_letter_reason"]) == ["late"], "the watermark is that of all batches before"
    assert again["__parts"][0] is None


def test_one_row_far_ahead_of_all_others_makes_none_late(pack: Any) -> None:
    function = pack()
    found = run(function, line(id=1), line(id=2), line(id=3, at=T0 + function.events.max_jump_ms + 1), line(id=4))
    assert list(found["__dead_letter_reason"]) == [None] * 4
    assert found["__newest"].tolist() == [T0, None, None, None], "its time is not that of the watermark"
    near = run(pack(), line(id=1), line(id=2), line(id=3, at=T0 + function.events.max_jump_ms), line(id=4))
    assert list(near["__dead_letter_reason"]) == [None, None, None, "late"]


def test_rows_of_a_stream_of_many_orders_are_judged_elsewhere(pack: Any) -> None:
    function = pack(judges_late=False)
    delay = function.events.watermark_delay_ms
    found = run(function, line(id=1), line(id=2, at=T0 - delay - 1))
    assert list(found["__dead_letter_reason"]) == [None, None]


def test_carried_columns_and_the_line_travel_with_good_rows(pack: Any) -> None:
    function = pack(judges_late=False, carried=(("__line", "BYTES"), ("__offset", "BIGINT")))
    lines = [line(id=1), "{", line(id=2)]
    found = run(function, *lines, __offset=np.array([10, 11, 12]))
    form = PartFormat(function.columns)
    (part,) = found["__parts"][0]
    arrays = form.arrays(form.decode(part[LABEL_BYTES:]))
    assert arrays["__offset"].tolist() == [10, 12]
    assert arrays["__line"].tolist() == [lines[0].encode(), lines[2].encode()]


def test_event_whose_sent_texts_are_too_long_is_a_dead_letter(pack: Any) -> None:
    lines = [line(card="c" * 32_768).encode()]
    assert list(pack(sent=("card",)).pack(lines).bad) == []
    found = pack(sent=("card",) * 3).pack(lines).letters
    assert found["__dead_letter_error"][0].endswith("expected at most 65536 characters together, got 98304")
