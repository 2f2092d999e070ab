"""A sample in every format gives the same events, and one that cannot be read is refused in a line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gress.new_job.read_sample import MOST_EVENTS, read_sample
from jobs.errors import JobError

EVENTS: list[dict[str, Any]] = [
    {"id": 1, "city": "Łódź", "amount": 2.5, "is_new": True},
    {"id": 2, "city": None, "amount": 3.0, "is_new": False},
]
CSV = "id,city,amount,is_new\n1,Łódź,2.5,true\n2,,3,FALSE\n"


@pytest.fixture
def sample(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / f"events.{request.param}"
    lines = "".join(json.dumps(event) + "\n" for event in EVENTS)
    if request.param == "parquet":
        pd.DataFrame(EVENTS).to_parquet(path)
    elif request.param == "jsonl.gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text({"jsonl": lines, "csv": f"\ufeff{CSV}"}[request.param], encoding="utf-8")
    return path


@pytest.mark.parametrize("sample", ["jsonl", "jsonl.gz", "csv", "parquet"], indirect=True)
def test_formats_give_the_same_events(sample: Path) -> None:
    assert read_sample(str(sample)) == EVENTS


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["1", "", "-3"], [1, None, -3]),
        (["1", "2.5"], [1.0, 2.5]),
        (["true", "False"], [True, False]),
        (["true", "1"], ["true", "1"]),
        (["2026-01-01", "x"], ["2026-01-01", "x"]),
        (["1_000", "2"], ["1_000", "2"]),
        ([" 5", "2"], [" 5", "2"]),
        (["٣", "2.5"], ["٣", "2.5"]),
    ],
    ids=["whole", "numbers", "booleans", "mixed", "texts", "underscores", "blanks", "Arabic digits"],
)
def test_cells_of_csv_have_the_type_of_their_column(cells: list[str], wanted: list[Any], tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text("n,a\n" + "".join(f"{row},{cell}\n" for row, cell in enumerate(cells)))
    assert [event["a"] for event in read_sample(str(path))] == wanted


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_only_the_first_events_are_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"many.{kind}"
    lines = [f'{{"a": {row}}}' if kind == "jsonl" else f"{row}" for row in range(MOST_EVENTS + 5)]
    path.write_text("\n".join([*(["a"] if kind == "csv" else []), *lines]))
    assert [event["a"] for event in read_sample(str(path))] == list(range(MOST_EVENTS))


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.txt", b"{}", r"input .*a\.txt: expected a name ending in .*\.jsonl"),
        ("a.jsonl", b"", r"a\.jsonl: expected at least one event, got none; a job learns its fields from events"),
        ("a.csv", b"a,b\n", r"a\.csv: expected at least one event, got none"),
        ("a.jsonl", b'{"a": 1}\n\n[2]\n', r"a\.jsonl: expected line 3: one JSON object, got '\[2\]'"),
        ("a.jsonl", b"a,b\n1,2\n", r"expected line 1: one JSON object, got 'a,b'; write one event a line"),
        ("a.csv", b"a,b\n1,2,3\n", r"a\.csv: line 2 has more cells than the header; is its separator a comma\?"),
        ("a.csv", b"a;b\n1;2\n", r"a\.csv: expected ',' between its cells, got ';'; write it with commas"),
        ("a.csv", b"a\tb\n1\t2\n", r"a\.csv: expected ',' between its cells, got '.t'"),
        ("a.csv", b"1,2026-01-01\n2,2026-01-02\n", r"expected a header line .*, got the time '2026-01-01'; add one"),
        ("a.csv", b"a,b,a\n1,2,3\n", r"a\.csv: expected each column once, got a more than once; rename them"),
        ("a.jsonl", b'{"a": "\xff"}\n', r"a\.jsonl: expected text in UTF-8, got byte 0xff; save it as UTF-8"),
        ("a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 99)[:-9], r"expected a file to read, got .*; write it again"),
        ("a.parquet", b"PAR1", r"a\.parquet: expected a Parquet file"),
    ],
    ids=[
        "suffix",
        "empty",
        "header",
        "list",
        "csv",
        "cells",
        "semicolons",
        "tabs",
        "no header",
        "twice",
        "bytes",
        "cut",
        "parquet",
    ],
)
def test_sample_that_holds_no_events_is_refused(name: str, content: bytes, error: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(JobError, match=error):
        read_sample(str(tmp_path / name))


def test_sample_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"nowhere\.csv: expected a file, .* got nothing there"):
        read_sample(str(tmp_path / "nowhere.csv"))
