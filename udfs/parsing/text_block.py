"""Lines that lie end to end in one text, as a file has them: what reads them all at once need not cut them first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LINE_END = ord("\n")


class TextBlock(Sequence[bytes]):
    r"""Lines of a text, each but the last followed by ``\n``.

    Args:
        data: the text.
        ends: place after each line, in order.
        begin: place of the first line.

    >>> block = text_block(b"a\nbc\n\nd")
    >>> list(block), block[1], list(block[1:3]), block[2:].text()
    ([b'a', b'bc', b'', b'd'], b'bc', [b'bc', b''], b'\nd')
    """

    def __init__(self, data: bytes, ends: NDArray[np.int64], begin: int = 0) -> None:
        self._data = data
        self._ends = ends
        self._begin = begin

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> bytes: ...

    @overload
    def __getitem__(self, index: slice) -> TextBlock: ...

    def __getitem__(self, index: int | slice) -> bytes | TextBlock:
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return TextBlock(self._data, self._ends[start:stop], self._start(start))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        return self._data[self._start(index) : self._ends[index]]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.text().split(b"\n") if len(self) else ())

    def text(self, behind: bytes = b"") -> bytes:
        """Return the lines as text, without the end of the last, and the text that is to follow it."""
        if not len(self):
            return behind
        return b"".join((memoryview(self._data)[self._begin : self._ends[-1]], behind))

    def _start(self, index: int) -> int:
        return int(self._ends[index - 1]) + 1 if index else self._begin


def text_block(data: bytes, begin: int = 0, end: int | None = None) -> TextBlock:
    r"""Return the lines of a text between two places; ``\n`` ends each, and is optional after the last."""
    end = len(data) if end is None else end
    ends = np.flatnonzero(np.frombuffer(data, np.uint8, end - begin, begin) == _LINE_END) + begin
    if end > begin and data[end - 1] != _LINE_END:
        ends = np.append(ends, end)
    return TextBlock(data, ends, begin)


def joined(lines: Sequence[bytes | None], behind: bytes = b"") -> bytes:
    """Return lines as one text, without the end of the last, and the text that is to follow it.

    Raises:
        TypeError: a line is None.
    """
    if isinstance(lines, TextBlock):
        return lines.text(behind)
    return b"\n".join(lines) + behind  # type: ignore[arg-type]
