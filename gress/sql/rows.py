"""Rows of a query, read by a thread of their own, so that the caller can stop waiting at any time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gress.sql.interrupts import let_through

_END = object()
_READER = "sql-rows"
_READER_S = 10.0


@dataclass(frozen=True)
class _Failure:
    error: BaseException


class Rows:
    """Rows of a running query, block by block.

    Args:
        source: iterator that waits for each row.
        most: largest block.
        wait_s: time for which a block may wait for further rows after its first.
        ahead: most rows that are read in advance, >= 1; then the query waits.
    """

    def __init__(self, source: Iterator[Any], *, most: int = 200, wait_s: float = 0.2, ahead: int = 10_000) -> None:
        self._source = source
        self._most, self._wait_s = most, wait_s
        self._queue: queue.Queue[object] = queue.Queue(maxsize=ahead)
        self._is_stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True, name=_READER)

    def blocks(self) -> Iterator[list[Any]]:
        """Return the rows as they come; a block is handed over when it is full, or its first row has waited enough.

        Raises:
            BaseException: the query's failure, after the rows before it.
        """
        self._thread.start()
        is_open = True
        while is_open:
            block, last = self._block()
            is_open = last is None
            if block:
                yield block
            if isinstance(last, _Failure):
                raise last.error

    def stop(self) -> None:
        """Let the reading thread end; rows that it has read are dropped."""
        self._is_stopped.set()

    def _block(self) -> tuple[list[Any], object]:
        """Return a block, and what ended the rows; None: more may come."""
        with let_through():
            block = [self._queue.get()]
            while not _is_last(block[-1]) and len(block) < self._most:
                try:
                    block.append(self._queue.get(timeout=self._wait_s))
                except queue.Empty:
                    break
        return (block[:-1], block[-1]) if _is_last(block[-1]) else (block, None)

    def _read(self) -> None:
        try:
            for row in self._source:
                self._put(row)
                if self._is_stopped.is_set():
                    return
            self._put(_END)
        # The caller sees each error that ends the query.
        except BaseException as error:
            self._put(_Failure(error))

    def _put(self, item: object) -> None:
        while not self._is_stopped.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return


def _is_last(item: object) -> bool:
    return item is _END or isinstance(item, _Failure)


def wait_for(call: Callable[[], Any]) -> None:
    """Run a call that waits, in a thread of its own, so that Ctrl-C reaches the caller and not the call.

    Raises:
        BaseException: the call's failure.
    """

    def once() -> Iterator[Any]:
        call()
        return iter(())

    for _ in Rows(_Late(once)).blocks():
        pass


def join_readers() -> None:
    """Wait until threads of rows that were stopped have ended, and with them their last calls."""
    for thread in threading.enumerate():
        if thread.name == _READER:
            thread.join(_READER_S)


class _Late:
    """An iterator that is made in the thread that reads it."""

    def __init__(self, make: Callable[[], Iterator[Any]]) -> None:
        self._make = make
        self._made: Iterator[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._made is None:
            self._made = self._make()
        return next(self._made)
