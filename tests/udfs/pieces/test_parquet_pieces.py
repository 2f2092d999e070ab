"""All pieces together are the rows of the files, each once and in order, and a row group is read once."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from udfs.pieces.parquet_pieces import ParquetPieces, RowGroups, parquet_pieces

SIZES = {"a": 20, "b": 0, "c": 5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    first = 0
    for name, rows in SIZES.items():
        table = pa.table({"id": pa.array(range(first, first + rows), pa.int64())})
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=7)
        first += rows
    return tmp_path


def cut(folder: Path, rows: int) -> ParquetPieces:
    return parquet_pieces(sorted(folder.glob("*.parquet")), rows, {})


def ids(pieces: ParquetPieces, number: int) -> list[int]:
    return [json.loads(line)["id"] for line in pieces.read(number)]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 7, 100])
def test_every_row_is_in_one_piece(rows: int, folder: Path) -> None:
    pieces = pickle.loads(pickle.dumps(cut(folder, rows)))
    found = [ids(pieces, number) for number in range(pieces.count)]
    assert [row for piece in found for row in piece] == list(range(25))
    assert max(map(len, found)) <= rows
    assert [ids(pieces, number) for number in reversed(range(pieces.count))] == found[::-1]


def test_neighbouring_pieces_decode_a_row_group_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[list[int]] = []
    iter_batches = pq.ParquetFile.iter_batches

    def watched(self: pq.ParquetFile, *arguments: object, row_groups: list[int], **more: object) -> object:
        opened.append(row_groups)
        return iter_batches(self, *arguments, row_groups=row_groups, **more)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", watched)
    pieces = cut(folder, 2)
    for number in range(pieces.count):
        pieces.read(number)
    assert opened == [[0], [1], [2], [0]]


def test_files_without_rows_are_one_piece_without_rows(folder: Path) -> None:
    pieces = parquet_pieces([folder / "b.parquet"], 5, {})
    assert (pieces.count, list(pieces.read(0))) == (1, [])


def test_file_that_lost_rows_fails_the_job(folder: Path) -> None:
    pieces = ParquetPieces((RowGroups(str(folder / "c.parquet"), (9,)),), 5)
    pieces.read(0)
    with pytest.raises(OSError, match=r"c\.parquet: expected at least 9 rows in row group 0, as at the start"):
        pieces.read(1)


@pytest.mark.parametrize("compression", ["snappy", "zstd", "gzip", "none"])
def test_damaged_pages_are_named_in_one_line(compression: str, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = pa.table({"id": pa.array(range(9_000)), "text": [f"k{row}" for row in range(9_000)]})
    options = {"compression": compression, "write_page_checksum": True, "use_dictionary": False}
    pq.write_table(rows, path, row_group_size=3_000, **options)
    content = bytearray(path.read_bytes())
    column = pq.read_metadata(path).row_group(1).column(0)
    middle = column.data_page_offset + column.total_compressed_size // 2
    content[middle] ^= 0xFF
    path.write_bytes(bytes(content))
    pieces = parquet_pieces([path], 1_000, {})
    assert ids(pieces, 2)[-1] == 2_999
    for number in (3, 4):
        with pytest.raises(OSError, match=rf"\A{path}: row group 1 is damaged: [^\n]+; write the file again\Z"):
            pieces.read(number)
    assert ids(pieces, 6)[0] == 6_000


def test_fingerprint_tells_other_contents_and_other_cuts_apart() -> None:
    one = ParquetPieces((RowGroups("/x/a.parquet", (5, 6)),), 100)
    assert one.fingerprint == ParquetPieces((RowGroups("/moved/a.parquet", (5, 6)),), 100).fingerprint
    others = [
        ParquetPieces((RowGroups("/x/a.parquet", (6, 5)),), 100),
        ParquetPieces((RowGroups("/x/b.parquet", (5, 6)),), 100),
        ParquetPieces((RowGroups("/x/a.parquet", (5, 6)),), 99),
    ]
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 4
