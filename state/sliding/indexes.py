"""Dense numbers of keys and values: 0, 1, 2, … in the order in which they first appear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from state.sliding.codes import to_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from state.sliding.rows import Column

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIXING = np.uint64(0xBF58476D1CE4E5B9)
_EMPTY = -1
_LEAST_BITS = 8


class CodeIndex:
    """Numbers of tuples of int64, by open addressing: many are looked up at a time, in some rounds of probing.

    Args:
        words: length of a tuple.
    """

    def __init__(self, words: int = 1) -> None:
        self._count = 0
        self._words: list[NDArray[np.int64]] = [np.empty(0, np.int64) for _ in range(words)]
        self._build(_LEAST_BITS)

    def __len__(self) -> int:
        return self._count

    def numbers(self, *words: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the number of each tuple; new ones get the next numbers."""
        slots = self._slots(words)
        numbers = self._table.take(slots)
        unknown = np.flatnonzero(~self._is_equal(numbers, words))
        if len(unknown):
            self._reserve(len(unknown))
            rest = [word.take(unknown) for word in words]
            numbers[unknown] = self._probe(rest)
        return numbers

    def words(self, position: int) -> NDArray[np.int64]:
        """Return one word of every tuple, by number; writable, if `keep` is called afterwards."""
        return self._words[position][: self._count]

    def keep(self, kept: NDArray[np.integer[Any]]) -> None:
        """Keep some tuples, whose numbers become their places in `kept`, and forget the others."""
        self._words = [word[kept] for word in self._words]
        self._count = 0
        self._build(_LEAST_BITS)
        self._reserve(len(kept))
        words, self._words = self._words, [np.empty(len(kept), np.int64) for _ in self._words]
        for word, old in zip(self._words, words, strict=True):
            word[:] = old
        self._count = len(kept)
        self._settle(np.arange(len(kept), dtype=np.int32))

    def _reserve(self, count: int) -> None:
        """Make room for so many new tuples, in a table that stays three quarters empty."""
        needed = self._count + count
        if 2 * needed > len(self._table):
            self._build((4 * needed).bit_length())
            self._settle(np.arange(self._count, dtype=np.int32))
        if needed > len(self._words[0]):
            room = np.empty(max(64, 2 * needed), np.int64)
            for position, word in enumerate(self._words):
                self._words[position] = room.copy()
                self._words[position][: self._count] = word[: self._count]

    def _build(self, bits: int) -> None:
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._table = np.full(1 << bits, _EMPTY, np.int32)

    def _slots(self, words: Any) -> NDArray[np.int64]:
        mixed = words[0].view(np.uint64)
        for word in words[1:]:
            mixed = (mixed * _MIXING) ^ (mixed >> np.uint64(29)) ^ word.view(np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(32))) * _GOLDEN
        slots: NDArray[np.int64] = (mixed >> self._shift).view(np.int64)
        return slots

    def _is_equal(self, numbers: NDArray[np.int32], words: Any) -> NDArray[np.bool_]:
        is_equal: NDArray[np.bool_] = numbers != _EMPTY
        if self._count:
            for word, known in zip(words, self._words, strict=True):
                is_equal &= known.take(numbers, mode="clip") == word
        return is_equal

    def _probe(self, words: list[NDArray[np.int64]]) -> NDArray[np.int32]:
        """Return numbers of tuples, a slot further each round; a new tuple takes the first empty slot on its way."""
        numbers = np.empty(len(words[0]), np.int32)
        slots = self._slots(words)
        left = np.arange(len(numbers))
        while len(left):
            self._claim(slots.take(left), [word.take(left) for word in words])
            found = self._table.take(slots.take(left))
            is_found = self._is_equal(found, [word.take(left) for word in words])
            numbers[left[is_found]] = found[is_found]
            left = left[~is_found]
            slots[left] = (slots[left] + 1) & self._mask
        return numbers

    def _claim(self, slots: NDArray[np.int64], words: list[NDArray[np.int64]]) -> None:
        """Give numbers to the tuples that came to an empty slot, one a slot."""
        empty = np.flatnonzero(self._table.take(slots) == _EMPTY)
        if not len(empty):
            return
        at = slots.take(empty)
        self._table[at] = empty.astype(np.int32)
        winners = empty[self._table.take(at) == empty]
        count = self._count + len(winners)
        for known, word in zip(self._words, words, strict=True):
            known[self._count : count] = word.take(winners)
        self._table[slots.take(winners)] = np.arange(self._count, count, dtype=np.int32)
        self._count = count

    def _settle(self, numbers: NDArray[np.int32]) -> None:
        """Put known tuples into the table, which knows none of them."""
        words = [word[: self._count] for word in self._words]
        slots = self._slots(words)
        while len(numbers):
            at = slots.take(numbers)
            is_empty = self._table.take(at) == _EMPTY
            self._table[at[is_empty]] = numbers[is_empty]
            numbers = numbers[self._table.take(at) != numbers]
            slots[numbers] = (slots[numbers] + 1) & self._mask


class _Numbering(dict[object, int]):
    def __missing__(self, text: object) -> int:
        number = self[text] = len(self)
        return number


class TextIndex:
    """Numbers of texts; None is a text like any other."""

    def __init__(self) -> None:
        self._numbers = _Numbering()

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, texts: NDArray[np.object_]) -> NDArray[np.int32]:
        """Return the number of each text; new ones get the next numbers."""
        return np.fromiter(map(self._numbers.__getitem__, texts.tolist()), np.int32, len(texts))

    def keep(self, kept: NDArray[np.integer[Any]]) -> None:
        """Keep some texts, whose numbers become their places in `kept`, and forget the others."""
        texts = list(self._numbers)
        self._numbers = _Numbering((texts[number], place) for place, number in enumerate(kept.tolist()))


class KeyIndex:
    """Numbers of the values of a key field. NULL is a key like any other and has number 0, which is never freed.

    Args:
        is_text: keys are texts, not numbers.
    """

    def __init__(self, *, is_text: bool) -> None:
        self._codes = None if is_text else CodeIndex()
        self._texts = TextIndex()
        self._texts.numbers(np.array([None], object))

    def __len__(self) -> int:
        return len(self._texts) if self._codes is None else 1 + len(self._codes)

    def numbers(self, keys: Column) -> NDArray[np.int32]:
        """Return the number of each key; new ones get the next numbers."""
        if self._codes is None:
            texts = keys.values
            if keys.nulls is not None:
                texts = texts.copy()
                texts[keys.nulls] = None
            return self._texts.numbers(texts)
        if keys.nulls is None:
            return self._codes.numbers(to_codes(keys.values)) + np.int32(1)
        numbers = np.zeros(len(keys.values), np.int32)
        here = np.flatnonzero(~keys.nulls)
        numbers[here] = self._codes.numbers(to_codes(keys.values.take(here))) + np.int32(1)
        return numbers

    def keep(self, kept: NDArray[np.integer[Any]]) -> None:
        """Keep some keys, number 0 first, whose numbers become their places in `kept`."""
        if self._codes is None:
            self._texts.keep(kept)
        else:
            self._codes.keep(kept[1:] - 1)
