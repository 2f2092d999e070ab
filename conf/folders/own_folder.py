"""Folders of the user's own below one that others write to, such as the temporary folder."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def make_own_folder(path: Path) -> None:
    """Make a folder that its owner alone may enter, or take one that is the user's own.

    Whoever shares the parent could have made it, or a link in its place, to read or exchange what is put there.

    Raises:
        OSError: it is a link, no folder, or somebody else's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "a link or a file is in its place", str(path)) from None
        if found.st_uid != os.getuid():
            raise PermissionError(errno.EACCES, "it belongs to somebody else", str(path)) from None
        if stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
            path.chmod(stat.S_IRWXU)
