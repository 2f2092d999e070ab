"""Files that are whole or not there, whatever happens while they are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give another name to write a file under; it gets its own, in the place of an earlier one, when the block ends.

    If the block fails, as on a full disk, the earlier file stays and the new one is removed.

    Raises:
        OSError: the file cannot take its place.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
