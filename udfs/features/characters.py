"""Character arithmetic over a whole column of texts, by Unicode code point.

All texts are laid end to end once; each statistic is then one pass over the code points.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=3)
def _is_class(test: str) -> NDArray[np.bool_]:
    """Tabulate `str.isspace`, `str.isupper` or `str.isdecimal` for every code point."""
    points = np.arange(0x110000, dtype="=u4")
    table: NDArray[np.bool_] = getattr(np.char, test)(points.view("=U1"))
    return table


class Characters:
    """The code points of a column of texts; a null counts as an empty text.

    Args:
        texts: texts or None.
    """

    def __init__(self, texts: list[str | None]) -> None:
        filled = [text or "" for text in texts]
        self.lengths = np.fromiter(map(len, filled), np.intp, len(filled))
        self._ends = np.cumsum(self.lengths)
        flat = "".join(filled).encode("utf-32-le", "surrogatepass")
        self._points = np.frombuffer(flat, "<u4")

    def word_counts(self) -> NDArray[np.intp]:
        """Count runs of characters that are not white space, as ``len(text.split())``."""
        is_word = ~_is_class("isspace")[self._points]
        begins = is_word.copy()
        begins[1:] &= ~is_word[:-1]
        firsts = (self._ends - self.lengths)[self.lengths > 0]
        begins[firsts] = is_word[firsts]
        return self._sums(begins)

    def has_digit(self) -> NDArray[np.bool_]:
        """Find texts with a decimal digit of any script."""
        found: NDArray[np.bool_] = self._sums(_is_class("isdecimal")[self._points]) > 0
        return found

    def upper_ratios(self) -> NDArray[np.float64]:
        """Take the share of upper-case characters among all; 0 for an empty text."""
        ratios: NDArray[np.float64] = self._sums(_is_class("isupper")[self._points]) / np.maximum(
            self.lengths, 1
        )
        return ratios

    def _sums(self, flags: NDArray[np.bool_]) -> NDArray[np.intp]:
        running = np.concatenate(([0], np.cumsum(flags, dtype=np.intp)))
        sums: NDArray[np.intp] = running[self._ends] - running[self._ends - self.lengths]
        return sums
