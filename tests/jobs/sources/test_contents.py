from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.errors import JobError
from jobs.sources.files import find_inputs

LINES = '{"id": 1, "name": "é"}\n{"id": 2, "name": "x"}\n'


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.jsonl", LINES)


def parquet(path: Path) -> None:
    pq.write_table(pa.table({"id": [1]}), path)


WRONG: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "utf-16": (lambda path: path.write_text(LINES, "utf-16"), "UTF-16 text", "save it as UTF-8"),
    "utf-16 without a mark": (lambda path: path.write_text(LINES, "utf-16-le"), "UTF-16 or UTF-32 text", "UTF-8"),
    "utf-16 big end first": (lambda path: path.write_text(LINES, "utf-16-be"), "UTF-16 or UTF-32 text", "UTF-8"),
    "utf-32": (lambda path: path.write_text(LINES, "utf-32"), "UTF-32 text", "save it as UTF-8"),
    "gzip": (lambda path: path.write_bytes(gzip.compress(LINES.encode())), "a gzip file", "add .gz to its name"),
    "bzip2": (lambda path: path.write_bytes(bz2.compress(LINES.encode())), "a bzip2 file", "unpack it"),
    "xz": (lambda path: path.write_bytes(lzma.compress(LINES.encode())), "an xz file", "unpack it"),
    "zip": (zipped, "a zip file", "unpack it"),
    "parquet": (parquet, "a Parquet file", r"give it a name ending in \.parquet"),
}


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
@pytest.mark.parametrize("kind", WRONG)
def test_file_of_another_kind_is_refused_before_the_job_starts(kind: str, name: str, tmp_path: Path) -> None:
    write, got, what_to_do = WRONG[kind]
    write(tmp_path / name)
    with pytest.raises(JobError, match=rf"{re.escape(name)}: expected lines of text") as caught:
        find_inputs(str(tmp_path / name))
    text = str(caught.value)
    assert re.search(rf"lines of text in UTF-8, got {got}; .*{what_to_do}", text), text
    assert "\n" not in text


def test_file_of_another_kind_in_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINES)
    (tmp_path / "ba.jsonl").write_text(LINES, "utf-16")
    for several in (tmp_path, tmp_path / "*a.jsonl"):
        with pytest.raises(JobError, match=r"expected ba\.jsonl: lines of text in UTF-8, got UTF-16 text"):
            find_inputs(str(several))


def test_plain_text_under_the_name_of_a_gzip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_text(LINES)
    with pytest.raises(JobError, match=r"a\.jsonl\.gz: expected a gzip file.*got Not a gzip.*take \.gz from its name"):
        find_inputs(str(tmp_path / "a.jsonl.gz"))


def test_gzip_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f'{{"id": {row}}}\n' for row in range(100_000)).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    found = find_inputs(str(tmp_path / "a.jsonl.gz"))
    with pytest.raises(JobError, match=r"expected a whole gzip file, got .*ended before.*; compress it again"):
        found.count_events()


def test_gzip_file_that_is_damaged_is_refused(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress("".join(f'{{"id": {row}}}\n' for row in range(100_000)).encode()))
    whole[len(whole) // 2 : len(whole) // 2 + 64] = bytes(64)
    (tmp_path / "a.jsonl.gz").write_bytes(bytes(whole))
    found = find_inputs(str(tmp_path / "a.jsonl.gz"))
    with pytest.raises(JobError, match=r"expected a whole gzip file, got .*; compress it again"):
        found.count_events()


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
@pytest.mark.parametrize("place", [10, 12, 30], ids=["first block", "its table", "its codes"])
def test_gzip_file_that_is_damaged_at_its_beginning_is_refused(name: str, place: int, tmp_path: Path) -> None:
    whole = bytearray(gzip.compress("".join(f"{row},{row / 7}\n" for row in range(9_000)).encode()))
    whole[place : place + 4] = b"\xff" * 4
    (tmp_path / name).write_bytes(bytes(whole))
    with pytest.raises(JobError, match=r"\Ainput .*gz: expected a (whole )?gzip file.*, got [^\n]*; compress it"):
        find_inputs(str(tmp_path / name)).count_events()


def test_gzip_file_that_is_cut_short_in_its_header_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(",".join(f"c{number}" for number in range(50_000)).encode() + b"\n1\n")
    (tmp_path / "a.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(JobError, match=r"expected a whole gzip file, got .*ended before.*; compress it again"):
        find_inputs(str(tmp_path / "a.csv.gz"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
@pytest.mark.parametrize("end", [b"", b"\n1,2\n"], ids=["no line end", "a line of some MiB"])
def test_first_line_that_is_too_long_for_a_header_is_one_line(
    pack: Callable[[bytes], bytes], end: bytes, tmp_path: Path
) -> None:
    path = tmp_path / ("a.csv" if pack is bytes else "a.csv.gz")
    path.write_bytes(pack(b"c," * (3 << 19) + end))
    with pytest.raises(JobError, match=rf"\Ainput {path}: expected {path.name}: a header of at most 1 MiB, got a lon"):
        find_inputs(str(path))


def test_header_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id,größe\n1,2\n".encode("latin-1"))
    with pytest.raises(JobError, match=r"a\.csv: a header in UTF-8, got bytes that are none; save the file as UTF-8"):
        find_inputs(str(tmp_path / "a.csv"))


def test_bytes_that_are_no_text_further_on_are_left_to_parsing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"id": 1}\n{"id": "\xff\xfe"}\n')
    assert find_inputs(str(tmp_path / "a.jsonl")).count_events() == 2
