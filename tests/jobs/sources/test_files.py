from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import jobs.sources.files
from conf.loading.loader import settings_from
from conf.settings import EventSettings
from jobs.errors import JobError
from jobs.sources.files import InputFiles, find_inputs
from udfs.parsing.lines import CsvLines, JsonLines


@pytest.fixture(scope="module")
def events() -> EventSettings:
    fields = {"a": {"type": "long"}, "t": {"type": "timestamp"}}
    features = {"name": "f", "specs": [{"name": "a", "type": "numerical"}]}
    job = {
        "name": "j",
        "events": {"id": "a", "key": "a", "time": "t", "fields": fields},
        "features": features,
        "inference": {"model_name": "m"},
    }
    found = settings_from({"job": job}).job
    assert found is not None
    return found.events


def test_one_file_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n")
    assert find_inputs(str(tmp_path / "a.jsonl")) == InputFiles("json", (tmp_path / "a.jsonl",))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jsonl", "json"),
        ("a.ndjson", "json"),
        ("a.json", "json"),
        ("A.JSONL.GZ", "json"),
        ("a.b.csv.gz", "csv"),
    ],
)
def test_suffix_says_the_format(name: str, kind: str, tmp_path: Path) -> None:
    data = b"a,t\n" if kind == "csv" else b"{}\n"
    (tmp_path / name).write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    assert find_inputs(str(tmp_path / name)).format == kind


def test_folder_stands_for_its_files_by_name(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", ".c.jsonl", "_SUCCESS"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    assert [path.name for path in find_inputs(str(tmp_path)).paths] == ["a.jsonl.gz", "b.jsonl"]


def test_pattern_stands_for_the_files_it_matches(tmp_path: Path) -> None:
    for name in ("day2.jsonl", "day1.jsonl", "other.csv"):
        (tmp_path / name).write_text("{}\n")
    assert [path.name for path in find_inputs(f"{tmp_path}/day*").paths] == ["day1.jsonl", "day2.jsonl"]


def test_paths_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.jsonl").touch()
    monkeypatch.chdir(tmp_path)
    assert find_inputs("a.jsonl").paths == (tmp_path / "a.jsonl",)


@pytest.mark.parametrize("text", ["missing.jsonl", "missing/*.csv", "empty"])
def test_nothing_there_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        JobError, match="expected a file, a folder of files or a pattern, got nothing there; check the path"
    ):
        find_inputs(str(tmp_path / text))


@pytest.mark.parametrize("name", ["a.txt", "noname", "a.gz", "a.parquet.gz", "a.jsonl.bz2"])
def test_unknown_format_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    with pytest.raises(JobError, match=rf"expected a name ending in \.jsonl, .*\.parquet.*, got '{name}'; rename it"):
        find_inputs(str(tmp_path / name))


def test_mixed_formats_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "b.csv").write_text("a,t\n")
    with pytest.raises(JobError, match="expected files of one format, got csv, json"):
        find_inputs(str(tmp_path))


@pytest.mark.parametrize("text", ["", "\n1,2\n"], ids=["empty file", "empty line"])
def test_csv_without_a_header_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(JobError, match=r"a\.csv: expected a header line with the names of the columns"):
        find_inputs(str(tmp_path / "a.csv"))


def test_csv_files_with_different_headers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,t\n")
    (tmp_path / "b.csv").write_text("t,a\n")
    with pytest.raises(JobError, match=r"expected one header for all files, got different ones in a\.csv and b\.csv"):
        find_inputs(str(tmp_path))


def test_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(JobError, match=r"a\.parquet: expected a Parquet file, got .*; write it again"):
        find_inputs(str(tmp_path / "a.parquet"))


@pytest.mark.parametrize(
    ("data", "count"),
    [(b"", 0), (b"{}\n", 1), (b"{}", 1), (b"{}\n\n{}", 3), (b"\n", 1), (b"{}\r\n{}\r\n", 2)],
    ids=["empty", "one", "without its end", "blank line", "only an end", "Windows"],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_every_line_is_an_event(data: bytes, count: int, pack: object, tmp_path: Path) -> None:
    path = tmp_path / ("a.jsonl" if pack is bytes else "a.jsonl.gz")
    path.write_bytes(pack(data))  # type: ignore[operator]
    assert find_inputs(str(path)).count_events() == count


def test_lines_are_counted_across_the_pieces_a_file_is_read_in(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"x" * (1 << 20) + b"\n" + b"y" * (1 << 21))
    assert find_inputs(str(tmp_path)).count_events() == 2


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_return_alone_ends_a_line_where_the_order_is_kept(
    chunk: int, pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Java's readers of lines see it so; those that share a file between tasks do not."""
    monkeypatch.setattr(jobs.sources.files, "_CHUNK_BYTES", chunk)
    path = tmp_path / ("a.jsonl" if pack is bytes else "a.jsonl.gz")
    path.write_bytes(pack(b"a\rb\r\nc\r\r\n\nd\r"))
    found = find_inputs(str(path))
    assert found.count_events(in_turn=True) == len(["a", "b", "c", "", "", "d"])
    assert found.count_events(in_turn=False) == len(["a\rb", "c\r", "", "d\r"])


def test_csv_headers_are_no_events(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,t\r\n1,2\r\n")
    (tmp_path / "b.csv").write_bytes(b"a,t\n1,2\n3,4")
    found = find_inputs(str(tmp_path))
    assert found.header == "a,t"
    assert found.count_events() == 3


def test_mark_at_the_start_of_a_csv_file_is_no_part_of_a_name(tmp_path: Path, events: EventSettings) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfa,t\r\n1,2\r\n")
    assert find_inputs(str(tmp_path)).line_format(events) == CsvLines(events.fields, ("a", "t"))


def test_parquet_rows_are_counted_over_files(tmp_path: Path) -> None:
    for name, rows in (("a.parquet", 3), ("b.parquet", 0)):
        pq.write_table(pa.table({"a": pa.array(range(rows), pa.int64())}), tmp_path / name)
    assert find_inputs(str(tmp_path)).count_events() == 3


def test_csv_lines_are_read_by_the_header_whatever_its_quotes(events: EventSettings) -> None:
    found = InputFiles("csv", (), '"t","a"').line_format(events)
    assert isinstance(found, CsvLines)
    assert found == CsvLines(events.fields, ("t", "a"))


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_other_formats_are_read_as_json_lines(kind: str, events: EventSettings) -> None:
    assert InputFiles(kind, ()).line_format(events) == JsonLines(events.fields)  # type: ignore[arg-type]


def test_generated_lines_count_as_written(tmp_path: Path) -> None:
    lines = [json.dumps({"a": n}) for n in range(10)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    assert find_inputs(str(tmp_path)).count_events() == 10
