"""Files of a run on a full disk: what is there is whole, and the run goes on where it can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.run_folder.parquet import convert_json_parts
from jobs.run_folder.summary import Summary
from jobs.run_folder.timeline import Point, Timeline, read_timeline
from tests.support.small_disk import FILLER, fill, others, small_disk
from udfs.rows import prediction_row

ROWS = 20_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", kib=4096) as disk:
        yield disk


def test_summary_is_the_earlier_one_or_the_new_one(disk: Path) -> None:
    path = disk / "summary.json"
    Summary("j", 1, 1, 0, 0, 1.0, 1.0).write(path)
    before = path.read_bytes()
    fill(disk)
    with pytest.raises(OSError, match="No space left"):
        Summary("j", 2, 2, 0, 0, 1.0, 1.0, reasons={f"{number:040}": number for number in range(200)}).write(path)
    assert path.read_bytes() == before
    assert others(disk) == {"summary.json"}


def test_rows_stay_until_their_parquet_file_is_whole(disk: Path) -> None:
    folder = disk / "predictions"
    folder.mkdir()
    for name in ("alerts", "dead_letters"):
        (disk / name).mkdir()
    lines = [f'{{"event_id": "{number * 7919}", "prediction": {number / 7919}}}\n' for number in range(ROWS)]
    (folder / "part-0.jsonl").write_text("".join(lines))
    before = others(disk)
    fill(disk, room_kib=40)
    with pytest.raises(OSError, match="No space left"):
        convert_json_parts(disk, prediction_row("prediction"))
    assert others(disk) == before
    (disk / FILLER).unlink()
    convert_json_parts(disk, prediction_row("prediction"))
    assert pq.read_metadata(disk / "predictions.parquet").num_rows == ROWS


@pytest.mark.parametrize("limit", [50, 2_000])
def test_timeline_goes_on_in_whole_lines(disk: Path, limit: int) -> None:
    timeline = Timeline(disk / "timeline.jsonl", limit=limit)

    def add(*seconds: int) -> None:
        for second in seconds:
            timeline.add(Point(float(second), second, 0, 0))

    add(*range(100))
    fill(disk)
    # The last block of the file has room for some lines more.
    add(*range(100, 400))
    found = [point.seconds for point in read_timeline(disk)]
    assert found == sorted(found)
    (disk / FILLER).unlink()
    add(*range(400, 500))
    timeline.close(Point(500.0, 500, 0, 0))
    found = [point.seconds for point in read_timeline(disk)]
    assert found == sorted(set(found))
    assert found[-1] == 500
    assert max(found[:-1]) >= 400
    assert others(disk) == {"timeline.jsonl"}
