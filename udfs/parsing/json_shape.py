"""Reader of JSON lines that have the shape of the first: the same members in the same order, as programs write them.

Between the values stands the same text in each line, so values are found by the commas alone, and Arrow converts all
numbers of a block at once. That takes two thirds of the time of a JSON reader. Lists, objects and escapes are no part
of a shape.

Rules of this file:

- It declines lines unless each one is surely a JSON object of the shape. The caller then reads them in another way.
- Arrow's conversions accept more texts than JSON has numbers, so the first and last letters of a number are checked.
- Columns are rows here: arrays are (k, n) for k members of n lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

PADDING = b"\n" + b" " * 8
"""Bytes after the last line, so that eight bytes can be read from any place of it."""

_MEMBER = re.compile(rb'[ \t]*"([^"\\\x00-\x1f,]+)"[ \t]*:[ \t]*')
_VALUE = re.compile(rb'"[^"\\\x00-\x1f,]*"|-?[0-9][0-9.eE+-]*|true|false')
_KINDS = {b'"': "string", b"t": "bool", b"f": "bool"}
_COMMA, _LINE_END, _QUOTE, _BACKSLASH, _MINUS, _ZERO, _CLOSING, _NULL_START = b',\n"\\-0}n'
_WORD = 8
_NULL, _TRUE = (np.uint32(int.from_bytes(word, "little")) for word in (b"null", b"true"))
_FALSE, _FIVE = (np.uint64(int.from_bytes(word, "little")) for word in (b"false", b"\xff" * 5))


class _Member(NamedTuple):
    name: str
    prefix: bytes  # what stands before its value, from the comma on
    kind: str  # of its value in the first line


def read_shaped(data: bytes, lines: int, types: Mapping[str, str]) -> dict[str, pa.Array] | None:
    """Return the values of some members, one a line; None: the lines do not have one shape.

    Args:
        data: the lines in UTF-8, joined by line ends, and ``PADDING``.
        lines: their number, 1 or more.
        types: Arrow's type of each wanted member: ``int64``, ``float64``, ``string`` or ``bool``.
    """
    import pyarrow as pa

    shape = _shape(data[: data.index(b"\n")])
    values = None if shape is None else _find(data, lines, shape)
    if shape is None or values is None:
        return None
    members = [(member.name, types.get(member.name, member.kind)) for member in shape]
    texts = values.texts([kind == "string" for _, kind in members])
    columns: dict[str, pa.Array] = {}
    for kind in dict.fromkeys(kind for _, kind in members):
        places = [place for place, (_, each) in enumerate(members) if each == kind]
        found = _CONVERT[kind](values, texts, places)
        if found is None:
            return None
        columns |= {members[place][0]: found.slice(row * lines, lines) for row, place in enumerate(places)}
    absent = {name: pa.nulls(lines, pa.type_for_alias(kind)) for name, kind in types.items() if name not in columns}
    return {**columns, **absent}


def _shape(line: bytes) -> list[_Member] | None:
    """Return the members of a line; None: there is something else in it."""
    members: list[_Member] = []
    place = 1
    while line[:1] == b"{":
        key = _MEMBER.match(line, place)
        value = None if key is None else _VALUE.match(line, key.end())
        if key is None or value is None:
            return None
        prefix = line[0 if not members else place : key.end()]
        members.append(_Member(key[1].decode(), prefix, _KINDS.get(value[0][:1], "float64")))
        if line[value.end() :] == b"}":
            return members if len({member.name for member in members}) == len(members) else None
        if line[value.end() : value.end() + 1] != b",":
            return None
        place = value.end() + 1
    return None


def _find(data: bytes, lines: int, shape: Sequence[_Member]) -> _Values | None:
    """Return where the values lie; None: some lines have another text between them, or no text for a value."""
    letters = np.frombuffer(data, np.uint8)
    is_end = letters == _LINE_END
    places = np.flatnonzero(is_end | (letters == _COMMA))
    if len(places) != lines * len(shape) or np.count_nonzero(is_end) != lines:
        return None
    ends = np.ascontiguousarray(places.reshape(lines, len(shape)).T)
    if (letters[ends[-1]] != _LINE_END).any() or (letters[ends[-1] - 1] != _CLOSING).any():
        return None
    begins = np.empty_like(ends)
    begins[1:] = ends[:-1] + 1
    begins[0, 0], begins[0, 1:] = 0, ends[-1, :-1] + 1
    for row, member in enumerate(shape):
        if not _starts_with(letters, begins[row], member.prefix):
            return None
        begins[row] += len(member.prefix)
    ends[-1] -= 1
    return None if (ends <= begins).any() else _Values(data, letters, begins, ends)


def _starts_with(letters: NDArray[np.uint8], places: NDArray[np.int64], text: bytes) -> bool:
    """Return whether a text stands at all places."""
    words = _words(letters, "<u8")
    for begin in range(0, len(text), _WORD):
        part = text[begin : begin + _WORD]
        wanted, mask = (int.from_bytes(each, "little") for each in (part, b"\xff" * len(part)))
        if ((words[places + begin] & np.uint64(mask)) != np.uint64(wanted)).any():
            return False
    return True


def _words(letters: NDArray[np.uint8], kind: str) -> NDArray[Any]:
    """Return the number that the letters from each place on make; places at the end are left out."""
    width = np.dtype(kind).itemsize
    return np.ndarray((len(letters) - width + 1,), kind, letters, strides=(1,))


@dataclass(frozen=True)
class _Values:
    """The places of values in a text.

    Attributes:
        data: the text.
        letters: its bytes.
        begins: place of the first letter of each, (k, n).
        ends: place after the last letter of each, (k, n).
    """

    data: bytes
    letters: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    @cached_property
    def nulls(self) -> NDArray[np.bool_] | None:
        """Which values are NULL, (k, n); None: none is."""
        may_be = self.letters[self.begins] == _NULL_START
        if not may_be.any():
            return None
        found: NDArray[np.bool_] = may_be & (_words(self.letters, "<u4")[self.begins] == _NULL)
        found &= self.ends - self.begins == 4
        return found

    def nulls_of(self, members: Sequence[int]) -> NDArray[np.bool_] | None:
        """Return which values of some members are NULL, one member after the other; None: none is."""
        found = None if self.nulls is None else self.nulls[members].ravel()
        return found if found is not None and found.any() else None

    def texts(self, are_quoted: Sequence[bool]) -> pa.StringArray:
        """Return all values as texts, line by line, and the text between them; quotes at both ends are no part of them.

        A value is at an even place, and what follows it up to the next one at the odd place behind.
        """
        import pyarrow as pa

        count, lines = self.begins.shape
        offsets = np.empty(2 * count * lines + 1, np.int32)
        pairs = offsets[:-1].reshape(lines, count, 2)
        pairs[:, :, 0], pairs[:, :, 1] = self.begins.T, self.ends.T
        pairs[:, are_quoted] += np.array([1, -1], np.int32)
        offsets[-1] = offsets[-2]
        return pa.StringArray.from_buffers(2 * count * lines, pa.py_buffer(offsets), pa.py_buffer(self.data))

    def texts_of(self, texts: pa.StringArray, members: Sequence[int]) -> pa.StringArray:
        """Return the values of some members of ``texts``, one member after the other."""
        import pyarrow as pa

        count, lines = self.begins.shape
        wanted = np.arange(lines) * (2 * count) + 2 * np.array(members)[:, np.newaxis]
        return texts.take(pa.array(wanted.ravel(), mask=self.nulls_of(members)))


def _strings(values: _Values, texts: pa.StringArray, members: Sequence[int]) -> pa.Array | None:
    begins, ends, nulls = values.begins[members].ravel(), values.ends[members].ravel(), values.nulls_of(members)
    is_text = (values.letters[begins] == _QUOTE) & (values.letters[ends - 1] == _QUOTE) & (ends - begins > 1)
    if not (is_text if nulls is None else is_text | nulls).all():
        return None
    found = values.texts_of(texts, members)
    data = found.buffers()[2]
    if data is None or not data.size:
        return found
    letters = np.frombuffer(data, np.uint8)
    is_plain = letters.min() >= ord(" ") and not ((letters == _QUOTE) | (letters == _BACKSLASH)).any()
    return found if is_plain else None


def _whole_numbers(values: _Values, texts: pa.StringArray, members: Sequence[int]) -> pa.Array | None:
    return _numbers(values.texts_of(texts, members), "int64") if _are_numbers(values, members, is_whole=True) else None


def _floats(values: _Values, texts: pa.StringArray, members: Sequence[int]) -> pa.Array | None:
    if not _are_numbers(values, members, is_whole=False):
        return None
    numbers = _numbers(values.texts_of(texts, members), "float64")
    # A number beyond a double's range is none.
    return numbers if numbers is not None and np.isfinite(numbers.fill_null(0).to_numpy()).all() else None


def _numbers(texts: pa.StringArray, kind: str) -> pa.Array | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if _has_bare_point(texts.buffers()[2]):
        return None
    try:
        return pc.cast(texts, pa.type_for_alias(kind))
    except pa.ArrowInvalid:
        return None


def _has_bare_point(data: pa.Buffer | None) -> bool:
    """Return whether an exponent follows a point in numbers, end to end."""
    # A search for words takes longer than all else here, and few numbers have exponents.
    if data is None or not data.size or np.frombuffer(data, np.uint8).max() <= ord("9"):
        return False
    inside = data.to_pybytes().lower()
    return b".e" in inside


def _are_numbers(values: _Values, members: Sequence[int], *, is_whole: bool) -> bool:
    """Return whether values begin and end as numbers of JSON do; Arrow checks the rest."""
    letters, nulls = values.letters, values.nulls_of(members)
    begins, ends = values.begins[members].ravel(), values.ends[members].ravel()
    if nulls is not None:
        begins, ends = begins[~nulls], ends[~nulls]
    firsts = letters[begins]
    is_negative = firsts == _MINUS
    if is_negative.any():
        begins += is_negative
        firsts = letters[begins]
    if not (_are_digits(firsts) & _are_digits(letters[ends - 1])).all():
        return False
    # No number begins with a zero that another digit follows; Arrow would read 0x10, and -0 is no whole number.
    zeros = np.flatnonzero(firsts == _ZERO)
    if is_whole:
        return not ((ends - begins)[zeros] > 1).any() and not is_negative[zeros].any()
    return not _are_digits(letters[begins[zeros] + 1]).any()


def _are_digits(letters: NDArray[np.uint8]) -> NDArray[np.bool_]:
    # A letter below zero becomes a large number.
    return letters - np.uint8(_ZERO) < np.uint8(10)


def _booleans(values: _Values, texts: pa.StringArray, members: Sequence[int]) -> pa.Array | None:
    import pyarrow as pa

    begins, nulls = values.begins[members].ravel(), values.nulls_of(members)
    lengths = values.ends[members].ravel() - begins
    are_true = (_words(values.letters, "<u4")[begins] == _TRUE) & (lengths == 4)
    are_false = (_words(values.letters, "<u8")[begins] & _FIVE == _FALSE) & (lengths == 5)
    are_known = are_true | are_false if nulls is None else are_true | are_false | nulls
    return pa.array(are_true, mask=nulls) if are_known.all() else None


_CONVERT = {"string": _strings, "int64": _whole_numbers, "float64": _floats, "bool": _booleans}
