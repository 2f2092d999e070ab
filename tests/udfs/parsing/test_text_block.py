"""Lines in one text are read as a list of them is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.lines import encoded
from tests.udfs.parsing.blocks import FIELDS, ONE_BY_ONE, clean
from tests.udfs.parsing.odd_lines import ODD
from tests.udfs.parsing.outcomes import outcomes
from udfs.parsing.csv_lines import CsvLines
from udfs.parsing.json_lines import JsonLines
from udfs.parsing.parser import EventParser
from udfs.parsing.text_block import joined, text_block

LINES = st.lists(st.binary(max_size=4).map(lambda line: line.replace(b"\n", b"")), max_size=6)
PLAIN = [line.encode() for line in ODD if line.isascii() and "\n" not in line]


@given(LINES, st.booleans(), st.integers(0, 6), st.integers(0, 6))
def test_block_is_a_sequence_of_its_lines(lines: list[bytes], is_ended: bool, start: int, stop: int) -> None:
    # An empty last line is only there with its end.
    ends_itself = is_ended or (bool(lines) and not lines[-1])
    block = text_block(b"\n".join(lines) + (b"\n" if ends_itself and lines else b""))
    assert list(block) == lines
    assert [block[index] for index in range(-len(lines), len(lines))] == lines * 2
    assert list(block[start:stop]) == lines[start:stop]
    assert [block[start:stop][index] for index in range(len(lines[start:stop]))] == lines[start:stop]
    assert joined(block[start:stop], b"x") == b"\n".join(lines[start:stop]) + b"x"
    with pytest.raises(IndexError):
        block[len(lines)]


PLACED = st.lists(st.tuples(st.sampled_from(PLAIN), st.integers(0, 600)), max_size=3)


@given(odd=PLACED, count=st.sampled_from([3, 600]))
def test_json_is_read_as_from_a_list(odd: list[tuple[bytes, int]], count: int) -> None:
    lines = [line for line in encoded([clean(row) for row in range(count)]) if line is not None]
    for line, place in odd:
        lines.insert(place, line)
    assert outcomes(ONE_BY_ONE.parse(text_block(b"\n".join(lines) + b"\n"))) == outcomes(ONE_BY_ONE.parse(lines))


@pytest.mark.parametrize("count", [3, 100])
@pytest.mark.parametrize("odd", [[], [b""], [b"1,2"], [b'"1",2,"a""b",true,1,2'], [b"\xff,,,,,"], [b"x\0"], [b'1,"']])
def test_csv_is_read_as_from_a_list(odd: list[bytes], count: int) -> None:
    parser = EventParser(FIELDS, CsvLines(FIELDS, ("id", "amount", "price", "name", "flag", "time")))
    lines = [f"{row},{row / 7},{row / 4},n{row},true,{row}".encode() for row in range(count)]
    lines[2:2] = odd
    found = outcomes(parser.parse(text_block(b"\n".join(lines) + b"\n")))
    assert found == outcomes(parser.parse(lines))
    assert len(found) == count + len(odd)


def test_lines_without_a_value_cannot_be_joined() -> None:
    with pytest.raises(TypeError):
        joined([b"a", None])
    assert JsonLines(FIELDS).read([None]).problems[0].reason == "malformed"
