"""Output of a watch: a full screen, repeated text, or once."""

from __future__ import annotations

import datetime as dt
import signal
import time
from dataclasses import asdict
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.live import Live

from gress.cli.console import print_json
from gress.top.figures import Figures
from gress.top.view import TopView
from gress.top.watch import Targets, Watch, require_answer

_PLAIN_WIDTH = 120


def show_once(targets: Targets, *, is_json: bool) -> None:
    """Print the figures of one interval.

    Raises:
        JobError: no endpoint answers.
    """
    with Watch(targets) as watch:
        require_answer(watch.look())
        time.sleep(targets.interval_s)
        found = watch.look()
    require_answer(found)
    if is_json:
        print_json(_document(found, targets))
    else:
        console = _console()
        console.print(_view(found, targets, is_fitted=False))


def show_always(targets: Targets) -> None:
    """Show the figures until interrupted: as a full screen on a terminal, else as text with blank lines between.

    Raises:
        JobError: no endpoint answers at the start.
    """
    console = _console()
    # The default action of SIGTERM would leave the terminal without a cursor, on the alternate screen.
    signal.signal(signal.SIGTERM, _exit)
    with Watch(targets) as watch:
        found = watch.look()
        require_answer(found)
        if not console.is_terminal or console.is_dumb_terminal:
            _print_on(console, watch, targets)
        with Live(_view(found, targets, is_fitted=True), console=console, screen=True, auto_refresh=False) as live:
            live.refresh()
            next_s = time.monotonic()
            while True:
                next_s = _pause(next_s, targets.interval_s)
                live.update(_view(watch.look(), targets, is_fitted=True), refresh=True)


def _print_on(console: Console, watch: Watch, targets: Targets) -> NoReturn:
    next_s = time.monotonic()
    while True:
        next_s = _pause(next_s, targets.interval_s)
        console.print(_view(watch.look(), targets, is_fitted=False))
        console.print()
        console.file.flush()


def _pause(due_s: float, interval_s: float) -> float:
    """Wait for the next due time and return it; skip due times that have passed."""
    now_s = time.monotonic()
    due_s = max(due_s + interval_s, now_s)
    time.sleep(due_s - now_s)
    return due_s


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_PLAIN_WIDTH)


def _view(found: Figures, targets: Targets, *, is_fitted: bool) -> TopView:
    now = dt.datetime.now(dt.timezone.utc)
    title = f"gress top  {now:%H:%M:%S} UTC  every {targets.interval_s:g} s  {', '.join(targets.endpoints)}"
    return TopView(found, title, is_fitted=is_fitted, interval_s=targets.interval_s)


def _document(found: Figures, targets: Targets) -> dict[str, object]:
    now = dt.datetime.now(dt.timezone.utc)
    return {"at": now, "interval_s": targets.interval_s, **asdict(found)}


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(128 + number)
