"""Lines of answers on standard output: as they come, or in a pager."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Iterable

from gress.sql.text_table import width


def print_lines(lines: Iterable[str]) -> None:
    """Print lines as they come."""
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def page_lines(lines: Iterable[str]) -> None:
    """Print lines that fit on the terminal, and page the others, which are read as they are looked at.

    Lines that are wider than the terminal are paged unwrapped, where arrows move sideways, unless LESS says otherwise.
    """
    import click

    size = shutil.get_terminal_size()
    rest = iter(lines)
    first = list(itertools.islice(rest, size.lines - 2))
    fits = len(first) < size.lines - 2 and all(width(line) <= size.columns for line in first)
    if fits or not sys.stdout.isatty():
        print_lines(itertools.chain(first, rest))
    else:
        os.environ.setdefault("LESS", "-RS")
        # The pager gets statements that are pasted behind a query; let it open no shell and write no file.
        os.environ.setdefault("LESSSECURE", "1")
        click.echo_via_pager(line + "\n" for line in itertools.chain(first, rest))
