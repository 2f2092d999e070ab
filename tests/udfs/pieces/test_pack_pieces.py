"""A piece is packed as its lines are, with a part a shard."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from tests.support.job_settings import MakeSettings
from tests.support.lines import line_column
from tests.udfs.pieces.listed import ListedPieces
from udfs.parsing.json_lines import JsonLines
from udfs.pieces.pack_pieces import PackPieces
from udfs.windows.pack_lines import LABEL_BYTES, PackLines
from udfs.windows.parts import PartFormat

LABELS = (7, -3, 500)
T0 = 1_522_540_831_000


def line(**changed: Any) -> str:
    return json.dumps({"id": 1, "at": T0, "card": "c", "amount": 1.25, "size": 2} | changed)


FIRST = ["{", *(line(id=number, card=f"card {number % 5}", at=T0 + number) for number in range(20)), line(id="x")]
SECOND = [line(id=30, at=T0 - 10**9), "", line(id=31, at=T0 + 100, card="ü")]


def test_rows_are_those_of_the_same_lines(make_settings: MakeSettings) -> None:
    job = make_settings().job
    assert job is not None
    of_lines, of_pieces = (
        PackLines(job.events, JsonLines(job.events.fields), "card", LABELS) for _ in range(2)
    )
    function = PackPieces(of_pieces, ListedPieces(FIRST, [], SECOND, ["{"]))
    for each in (function, of_lines):
        each.open()
    found = function.run({"__piece": np.array([0, 1, 2, 3])})
    assert list(found) == [name for name, _ in function.outputs]
    assert list(found["__newest"]) == [T0 + 19, None, T0 + 100, None]
    for piece, lines in enumerate((FIRST, [], SECOND, ["{"])):
        wanted = of_lines.run({"__line": line_column(lines)})
        parts = wanted["__parts"][0] if lines else None
        assert rows(function, found["__parts"][piece]) == rows(function, parts)
        assert len(found["__parts"][piece] or ()) == len(rows(function, parts))
        bad = [row for row, reason in enumerate(wanted["__dead_letter_reason"]) if reason is not None]
        for name, _ in function.rows:
            assert list(found[name][piece]) == [wanted[name][row] for row in bad]
    assert list(found["__dead_letter_reason"][2]) == ["late", "malformed"]
    assert list(found["at"][2]) == [T0 - 10**9, None]


def rows(function: PackPieces, parts: list[bytes] | None) -> dict[int, list[int]]:
    """The ids of each label, in their order."""
    form, ids = PartFormat(function.pack.columns), dict[int, list[int]]()
    for part in parts or ():
        label = int.from_bytes(part[:LABEL_BYTES], "little", signed=True)
        ids.setdefault(label, []).extend(form.arrays(form.decode(part[LABEL_BYTES:]))["id"].tolist())
    return ids
