"""Folders that are whole or not there, whatever happens while they are filled."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.errors import refuse


def check_free(output: Path) -> None:
    """Refuse a folder that holds something, or that cannot be made.

    Raises:
        JobError: the text says which.
    """
    subject = f"folder {output}"
    if output.is_dir() and not output.is_symlink():
        if any(output.iterdir()):
            refuse(subject, "a new or empty folder", "one with files in it", "name another --output")
    elif output.exists() or output.is_symlink():
        refuse(subject, "a new or empty folder", "a file or a link", "name another --output")
    parent = output.absolute().parent
    if not parent.is_dir():
        refuse(subject, "a folder to make it in", f"no {parent}", "make that first")
    place = output if output.is_dir() else parent
    if not os.access(place, os.W_OK | os.X_OK):
        refuse(subject, "a folder that you may write to", f"{place}, which you may not", "name another --output")


@contextmanager
def whole_folder(output: Path) -> Iterator[Path]:
    """Give another folder to fill; it gets its own name when the block ends, and is removed if the block fails.

    Raises:
        JobError: the name is not free, or the system makes no folder there.
    """
    check_free(output)
    is_there = output.is_dir()
    with _place_beside(output, output if is_there else output.absolute().parent) as place:
        folder = Path(place) / "new"
        folder.mkdir()
        yield folder
        if not is_there:
            folder.rename(output)
            return
        # Another folder in its place would not be the one in which a shell stands.
        for each in folder.iterdir():
            each.rename(output / each.name)


def _place_beside(output: Path, parent: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a new folder on the disk of another, which only trying tells: a superuser may write to all of them."""
    try:
        return tempfile.TemporaryDirectory(prefix=".new-", dir=parent)
    except OSError as error:
        refuse(f"folder {output}", f"to make a folder in {parent}", error.strerror, "name another --output")
