"""Lines of answers on standard output: as they come, or in a pager."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Iterable


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def page_lines(lines: Iterable[str]) -> None:
    """Print lines that fit on the terminal, and page the others, which are read as they are looked at."""
    import click

    room = shutil.get_terminal_size().lines - 2
    rest = iter(lines)
    first = list(itertools.islice(rest, room))
    if len(first) < room or not sys.stdout.isatty():
        print_lines(itertools.chain(first, rest))
    else:
        click.echo_via_pager(line + "\n" for line in itertools.chain(first, rest))
