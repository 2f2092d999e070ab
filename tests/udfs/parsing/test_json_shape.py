"""Lines of one shape are read at once as they are alone, and what only looks like it is declined."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.lines import encoded
from tests.udfs.parsing.blocks import FIELDS, alone, at_once, clean
from udfs.parsing.json_shape import PADDING, read_shaped

NAMES = ("id", "amount", "price", "name", "flag", "time", "other")
PLAIN = {
    "id": ("1", "-12", "0", "9223372036854775807"),
    "amount": ("0.5", "-1", "0", "1e5", "-0.0", "1.5E-7", "null", "5e-324", "0e3"),
    "price": ("12.34", "0.01", "null", "7"),
    "name": ('"a"', '""', '"ü 漢"', '"null"', "null", '"}"', '"a: b"'),
    "flag": ("true", "false", "null"),
    "time": ("1522540800000", "null"),
    "other": ('"x"', '"{"'),
}
ODD_VALUES = (
    "", " ", "1 ", " 1", "+1", "-", "--1", "01", "-01", "-0", "00", "0x1f", "0X1F", "1.", ".5", "-.5", "1.e5", "1.E5",
    "1e", "1e+", "1.5.2", "1-2", "1_000", "1e400", "-1e400", "7" * 400, "0." + "0" * 400 + "1", "NaN", "nan", "inf",
    "Infinity", "18446744073709551616", "1.0", "12.0", "nul", "nulll", "NULL", "n", "tru", "truee", "True", "falsee",
    "f", "1", "true", "null", '"', '"a', 'a"', "'a'", '"a"b"', '"a""b"', '"\\n"', '"\\"', '"\x01"', '"\t"', '"\x7f"',
    '"a,b"', '"a\nb"', "[1]", "[]", "{}", '{"a":1}', '"2018-04-01"', '"soon"', '"1"', "1}", '1,"id":2', '"\ud800"',
    "\x001",
)  # fmt: skip


def line(values: dict[str, str], *, colon: str = ":", comma: str = ",") -> str:
    return "{" + comma.join(f'"{name}"{colon}{values[name]}' for name in NAMES) + "}"


PLAIN_LINES = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in PLAIN.items()})


def plain(row: int) -> dict[str, str]:
    return {name: values[row % len(values)] for name, values in PLAIN.items()}


def is_shaped(lines: list[str]) -> bool:
    types = {"id": "int64", "amount": "float64", "name": "string", "flag": "bool"}
    return read_shaped("\n".join(lines).encode() + PADDING, len(lines), types) is not None


@given(st.lists(PLAIN_LINES, min_size=1, max_size=9), st.sampled_from([":", ": ", " : "]), st.sampled_from([",", ", "]))
def test_plain_lines_of_one_shape_are_read(rows: list[dict[str, str]], colon: str, comma: str) -> None:
    lines = [line(row, colon=colon, comma=comma) for row in [plain(0), *rows]]
    assert is_shaped(lines)
    assert at_once(lines) == alone(lines)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: ascii(value)[:30])
def test_odd_value_is_declined_or_read_as_alone(name: str, value: str) -> None:
    odd = line({**plain(1), name: value})
    for lines in ([odd], [line(plain(0)), odd, line(plain(2))]):
        assert at_once(lines) in (None, alone(lines))


@pytest.mark.parametrize(
    "other",
    [
        '{"id":1,"amount":2}', '{"amount":2,"id":1,"name":"x"}', '{"id":1,"amount":2,"nome":"x"}',
        '{"id":1,"amount":2,"name":"x" }', ' {"id":1,"amount":2,"name":"x"}', '{"id":1,"amount":2,"name":"x"},',
        '{"id":1,"amount":2,"name":"x"', '{"id":1,"amount":2,"name":"x"}}', '{"id": 1,"amount":2,"name":"x"}',
        '{"id":1,"amount":2,"name":"x"}{"id":1,"amount":2,"name":"x"}', '{"id":1,"amount":2,\n"name":"x"}',
        '{"id":1,"id":2,"name":"x"}', '{"id":1\n"amount":2,"name":"x"}', "", "{}", '{"id":1,,"amount":2,"name":"x"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", [0, 1, 2])
def test_lines_of_another_shape_are_declined_or_read_as_alone(other: str, place: int) -> None:
    lines = ['{"id":1,"amount":2,"name":"x"}', '{"id":7,"amount":2.5,"name":"yz"}']
    lines.insert(place, other)
    assert not is_shaped(lines)
    assert at_once(lines) in (None, alone(lines))


def test_members_that_are_lacking_are_null_and_a_repeated_one_is_declined() -> None:
    assert at_once(['{"id":1}']) == alone(['{"id":1}'])
    assert is_shaped(['{"id":1}'])
    assert not is_shaped(['{"id":1,"id":2}'])


def test_lines_as_the_standard_library_writes_them_have_a_shape() -> None:
    assert is_shaped([clean(row) for row in range(100)])
    assert set(json.loads(clean(0))) <= {*FIELDS, "time"}


def test_numbers_are_bit_for_bit_those_of_the_reader_of_single_lines() -> None:
    values = [n / 7 * 10 ** (n % 40 - 20) for n in range(-2_000, 2_000)]
    lines = encoded([json.dumps({"amount": value}) for value in values])
    found = read_shaped(b"\n".join(filter(None, lines)) + PADDING, len(lines), {"amount": "float64"})
    assert found is not None
    assert found["amount"].to_pylist() == values
