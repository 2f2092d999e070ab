"""All pieces together are the lines of the files, each once and in order, wherever the cuts fall."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.pieces.text_pieces import TextFile, TextPieces, text_pieces

LETTERS = (b"\n", b"\r", b"\r\n", b"a", b"bcd", b"\xff", b"\xc3\xbc", b"\xef\xbb\xbf")
BYTES = st.lists(st.sampled_from(LETTERS)).map(b"".join)


def lines_as_python_reads_them(data: bytes) -> list[bytes]:
    with io.TextIOWrapper(io.BytesIO(data), encoding="latin-1", newline=None) as text:
        return [line.removesuffix("\n").encode("latin-1") for line in text]


def read_all(pieces: TextPieces) -> list[bytes]:
    return [line for number in range(pieces.count) for line in pieces.read(number)]


def cut(folder: Path, contents: list[bytes], piece_bytes: int, header: bytes = b"") -> TextPieces:
    for number, data in enumerate(contents):
        (folder / f"{number}.jsonl").write_bytes(data)
    files = tuple(TextFile(str(folder / f"{number}.jsonl"), len(data)) for number, data in enumerate(contents))
    return TextPieces(files, piece_bytes, header)


@given(contents=st.lists(BYTES, min_size=1, max_size=4), piece_bytes=st.integers(1, 12))
def test_every_line_is_in_one_piece(
    contents: list[bytes], piece_bytes: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pieces = cut(tmp_path_factory.mktemp("in"), contents, piece_bytes)
    wanted = [line for data in contents for line in lines_as_python_reads_them(data)]
    assert read_all(pieces) == wanted


def test_a_line_longer_than_a_piece_belongs_to_the_piece_in_which_it_starts(tmp_path: Path) -> None:
    long = b"x" * 300_000
    pieces = cut(tmp_path, [b"a\n" + long + b"\nb\n"], 100_000)
    assert [list(pieces.read(number)) for number in range(pieces.count)] == [[b"a", long], [], [], [b"b"]]


def test_header_is_no_line_in_any_file(tmp_path: Path) -> None:
    pieces = cut(tmp_path, [b"id,t\r\n1,2\r\n", b"id,t\n3,4"], 7, b"id,t")
    assert read_all(pieces) == [b"1,2", b"3,4"]


def test_file_that_lost_bytes_fails_the_job(tmp_path: Path) -> None:
    pieces = cut(tmp_path, [b"a\nb\nc\n"], 4)
    (tmp_path / "0.jsonl").write_bytes(b"a\n")
    with pytest.raises(OSError, match=r"0\.jsonl: expected at least 4 bytes, as at the start of the job, got 2"):
        pieces.read(0)


def test_a_piece_has_about_as_many_lines_as_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"x" * 99 + b"\n")
    (tmp_path / "b.jsonl").write_bytes((b"y" * 199 + b"\n") * 20_000)
    pieces = text_pieces(sorted(tmp_path.iterdir()), 1_000)
    sizes = [len(pieces.read(number)) for number in range(pieces.count)]
    assert sum(sizes) == 20_001
    assert 900 <= max(sizes) <= 1_000


@pytest.mark.parametrize("data", [b"", b"x" * 100_000_000], ids=["empty", "one line"])
def test_pieces_are_neither_tiny_nor_huge(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    pieces = text_pieces([tmp_path / "a.jsonl"], 10_000)
    assert 1 << 16 <= pieces.piece_bytes <= 1 << 22
    assert pieces.count == max(-(-len(data) // pieces.piece_bytes), 1)


def test_fingerprint_tells_other_contents_and_other_cuts_apart() -> None:
    one = TextPieces((TextFile("/x/a.jsonl", 5),), 100)
    assert one.fingerprint == TextPieces((TextFile("/moved/a.jsonl", 5),), 100).fingerprint
    others = [
        TextPieces((TextFile("/x/a.jsonl", 6),), 100),
        TextPieces((TextFile("/x/b.jsonl", 5),), 100),
        TextPieces((TextFile("/x/a.jsonl", 5),), 101),
    ]
    assert len({one.fingerprint, *(other.fingerprint for other in others)}) == 4
