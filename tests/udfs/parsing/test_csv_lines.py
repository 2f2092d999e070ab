from __future__ import annotations

import csv
import io
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conf.settings import FieldSettings
from tests.support.lines import encoded
from tests.udfs.parsing.outcomes import Outcome, assert_exact_agrees, outcomes
from udfs.dead_letters import Problem
from udfs.parsing.lines import CsvLines
from udfs.parsing.parser import EventParser

HEADER = ("unused", "flag", "id", "name", "amount", "last")
FIELDS = {
    "id": FieldSettings(type="long"),
    "amount": FieldSettings(type="double", required=False),
    "title": FieldSettings(type="string", required=False, source="name"),
    "flag": FieldSettings(type="boolean", required=False),
    "absent": FieldSettings(type="long", required=False),
}
PARSER = EventParser(FIELDS, CsvLines(FIELDS, HEADER))
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def clean(row: int) -> str:
    return f"u,{'true' if row % 2 else 'false'},{row},n{row},{row / 7},z"


def expected(line: str) -> dict[str, Any] | str:
    """Values by field or the reason, read with the standard library."""
    text = line.rstrip("\r\n")
    try:
        text.encode()
        cells = next(csv.reader([text], strict=True), []) if len(text) < 131_072 or '"' in text else text.split(",")
    except (csv.Error, UnicodeEncodeError):
        return "malformed"
    if len(cells) != len(HEADER) or any(odd in text for odd in "\0\r\n"):
        return "malformed"
    record = dict(zip(HEADER, cells, strict=True))
    if not record["id"]:
        return "missing_value"
    try:
        return {
            "id": _whole(record["id"]),
            "amount": _number(record["amount"]) if record["amount"] else None,
            "title": record["name"] or None,
            "flag": _flag(record["flag"]) if record["flag"] else None,
            "absent": None,
        }
    except (ValueError, KeyError):
        return "wrong_type"


def _number(cell: str) -> float:
    if not NUMBER.fullmatch(cell) or np.isinf(float(cell)):
        raise ValueError(cell)
    return float(cell)


def _whole(cell: str) -> int:
    if re.fullmatch(r"[+-]?\d+", cell, re.ASCII):
        value = int(cell)
    else:
        if not _number(cell).is_integer() or abs(_number(cell)) >= 2**53:
            raise ValueError(cell)
        value = int(_number(cell))
    if not -(2**63) <= value < 2**63:
        raise ValueError(cell)
    return value


def _flag(cell: str) -> float:
    return {"true": 1.0, "1": 1.0, "false": 0.0, "0": 0.0}[cell.lower()]


def as_reasons(found: list[Outcome]) -> list[dict[str, Any] | str]:
    return [row.reason if isinstance(row, Problem) else dict(row) for row in found]


CELLS = [
    "", " ", "5", " 5", "5 ", "\t5", "+5", "-5", "--5", "007", "-0", "5.", ".5", ".", "-", "+", "5.0",
    "1e3", "1e400", "1e-400",
    "1e", "0x1F", "0X1f", "-0x1", "1_000", "inf", "-inf", "Infinity", "nan", "NaN", "nan(1)", "١", "５",
    "1,5", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "9007199254740993.0", "0" * 30 + "5", "1" * 400,
    "true", "TRUE", "tRuE",
    "True ", "yes", "1", "0", "null", "NULL", "x", "ſ", '"', '""', 'a"b', '"a"', '"a,b"', '"a""b"',
    '"a"b', 'a""', '""""', '"5"',
    '""a', '"a\nb"', "a\nb", "a\rb", "a\0b", "\ud800", "\ufeff", "\u2028", "é漢😀", "  a  ",
    '"x' + "y" * 140_000 + '"', "y" * 140_000,
]
ODD = [
    "", ",", " ", ",,,,,", ",,,,", ",,,,,,", "\r", "\n", ",,1,,,\r", ",,1,,,\r\n", ",,1,,,\r\r\n",
    "\r,,1,,,", "\ufeff,,1,,,",
    ',,1,"a', 'b",,', '"', '","', ',,1,"a\n', ',,1,"a,b",2,', ',,"1","a","2","z"', ',,1,,,"',
    "u,1,2,n,3,z,", "#,1,2,n,3,z",
    *(f",,{cell},a,,z" for cell in CELLS), *(f",,1,{cell},,z" for cell in CELLS),
    *(f",,1,a,{cell},z" for cell in CELLS),
    *(f",{cell},1,a,,z" for cell in CELLS), *(f"{cell},,1,a,,{cell}" for cell in CELLS),
]
RECORDS = st.lists(st.sampled_from(CELLS) | st.text(max_size=8), min_size=5, max_size=7).map(",".join)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))
LINES = st.sampled_from(ODD) | RECORDS | st.text(max_size=20)
BATCHES = st.tuples(st.integers(0, 120), st.lists(st.tuples(st.integers(0, 120), LINES), max_size=6))


@pytest.mark.parametrize("line", ODD, ids=lambda line: ascii(line)[:40])
def test_a_line_reads_as_the_standard_library_reads_it(line: str) -> None:
    found = as_reasons(outcomes(PARSER.parse(encoded([line]))))
    assert found == [expected(line) if '"' not in line or len(line) < 131_072 else "malformed"]


@pytest.mark.parametrize("line", ODD, ids=lambda line: ascii(line)[:40])
def test_an_odd_line_among_clean_ones_yields_what_it_yields_alone(line: str) -> None:
    lines = [clean(row) for row in range(60)]
    lines[7] = line
    assert outcomes(PARSER.parse(encoded(lines))) == [outcomes(PARSER.parse(encoded([line])))[0] for line in lines]


@settings(deadline=None)
@given(BATCHES)
def test_each_line_of_a_batch_yields_what_it_yields_alone(drawn: tuple[int, list[tuple[int, str]]]) -> None:
    lines = [clean(row) for row in range(drawn[0])]
    for position, line in drawn[1]:
        lines.insert(position, line)
    batch = PARSER.parse(encoded(lines))
    assert outcomes(batch) == [outcomes(PARSER.parse(encoded([line])))[0] for line in lines]
    assert_exact_agrees(batch)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=60, max_size=90))
def test_what_the_csv_module_writes_comes_back(texts: list[tuple[str, str]]) -> None:
    rows = [(first, "", str(row), name, "", "") for row, (first, name) in enumerate(texts)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    batch = PARSER.parse(encoded(out.getvalue().split("\n")[:-1]))
    assert not batch.problems
    assert batch.columns["id"].tolist() == list(range(len(rows)))
    assert batch.columns["title"].tolist() == [cells[3] or None for cells in rows]


def test_a_clean_file_reads_as_pandas_reads_it() -> None:
    lines = [clean(row) for row in range(1_000)]
    frame = pd.read_csv(io.StringIO("\n".join(lines)), names=list(HEADER), float_precision="round_trip")
    batch = PARSER.parse(encoded(lines))
    assert batch.rows is None
    np.testing.assert_array_equal(batch.columns["id"], frame["id"])
    np.testing.assert_array_equal(batch.columns["amount"], frame["amount"])
    np.testing.assert_array_equal(batch.columns["flag"], frame["flag"].astype(float))
    assert batch.columns["title"].tolist() == frame["name"].tolist()


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_line_ends_do_not_count(end: str) -> None:
    lines = [clean(row) for row in range(100)]
    assert outcomes(PARSER.parse(encoded([line + end for line in lines]))) == outcomes(PARSER.parse(encoded(lines)))


@pytest.mark.parametrize("row", [0, 1, 50, 99])
def test_a_blank_line_of_a_single_column_is_malformed(row: int) -> None:
    fields = {"id": FieldSettings(type="long", required=False)}
    lines = [str(row) for row in range(100)]
    lines[row] = ""
    batch = EventParser(fields, CsvLines(fields, ("id",))).parse(encoded(lines))
    assert {row: problem.reason for row, problem in batch.problems.items()} == {row: "malformed"}
    assert batch.columns["id"].tolist() == [other for other in range(100) if other != row]


@pytest.mark.parametrize("row", [0, 59])
def test_a_byte_order_mark_belongs_to_its_cell_wherever_the_line_stands(row: int) -> None:
    fields = {"name": FieldSettings(type="string")}
    lines = ["n"] * 60
    lines[row] = "\ufeffn"
    assert EventParser(fields, CsvLines(fields, ("name",))).parse(encoded(lines)).columns["name"].tolist() == lines


def test_quotes_that_open_in_one_line_and_close_in_the_next_make_both_malformed() -> None:
    lines = [*map(clean, range(60)), ',,1,"a', 'b",,', *map(clean, range(60, 100))]
    batch = PARSER.parse(encoded(lines))
    assert {row: problem.reason for row, problem in batch.problems.items()} == {60: "malformed", 61: "malformed"}
    assert batch.columns["id"].tolist() == list(range(100))


def test_a_field_the_header_lacks_is_absent_in_every_row() -> None:
    for size in (1, 100):
        batch = PARSER.parse(encoded([clean(row) for row in range(size)]))
        assert np.isnan(batch.columns["absent"]).all()
        assert batch.exact["absent"].tolist() == [None] * size


def test_a_column_whose_name_has_a_blank_is_the_source_of_a_field() -> None:
    fields = {"room": FieldSettings(type="string", source="room name")}
    for size in (1, 100):
        batch = CsvLines(fields, ("room name",)).read([b"hall one"] * size)
        assert list(batch.columns["room"].values) == ["hall one"] * size


def test_a_header_without_a_required_field_is_refused() -> None:
    fields = {**FIELDS, "key": FieldSettings(type="long", source="KEY")}
    text = "expected a column for each required field, got none for KEY; add the column, or set the field's source"
    with pytest.raises(ValueError, match=text):
        CsvLines(fields, HEADER)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_header_with_another_separator_is_named_as_the_cause(separator: str, quote: str) -> None:
    header = separator.join(f"{quote}{name}{quote}" for name in HEADER)
    with pytest.raises(ValueError, match=re.escape(f"write the file with ',' between its cells, not {separator!r}")):
        CsvLines(FIELDS, (header,))


def test_a_header_that_repeats_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="expected each column once, got name more than once; rename them"):
        CsvLines(FIELDS, (*HEADER, "name"))


@pytest.mark.parametrize("rows", [3, 100], ids=["few", "many"])
@pytest.mark.parametrize(
    ("joint", "lost", "reasons"),
    [
        ("\n" + ",".join(HEADER) + "\n", 0, {"wrong_type"}),
        ("\n\ufeff" + ",".join(HEADER) + "\n", 0, {"wrong_type"}),
        (",".join(HEADER) + "\n", 1, {"malformed"}),
    ],
    ids=["header", "header with a mark", "header behind the last line"],
)
def test_header_amid_files_that_were_joined_is_one_dead_letter(
    rows: int, joint: str, lost: int, reasons: set[str]
) -> None:
    lines = "\n".join(map(clean, range(rows)))
    found = PARSER.parse(encoded((lines + joint + lines).split("\n")))
    assert {problem.reason for problem in found.problems.values()} == reasons
    assert len(found.problems) == 1
    assert found.good == 2 * rows - lost


def test_repeated_columns_are_named_whatever_their_number() -> None:
    header = tuple(f"c{number % 20_000}" for number in range(60_000))
    with pytest.raises(ValueError, match=r"got c0, c1, c10, c100, c1000 and others more than once; rename them"):
        CsvLines(FIELDS, header)
