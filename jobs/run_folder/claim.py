"""The claim of a run on its output folder: one run at a time, and an earlier one is replaced when this one has started.

The claim is a lock on the folder's mark. It ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from typing_extensions import Self

from jobs.errors import refuse, refuse_url
from jobs.run_folder.earlier_run import WRITTEN, EarlierRun, remove
from jobs.run_folder.owner import MARKER, SAVEPOINTS

_NEW = "a new or empty folder"
_STOP = "stop it, or name another --output"
_ATTEMPTS, _PAUSE_S = 20, 0.02


class Claim:
    """The hold of a run on its folder, as a context; without an error its end keeps what the run wrote.

    Args:
        output: the folder.
        lock: the locked mark.
        earlier: what an earlier run left there, set aside; None: the run continues from it, or there is none.
        is_made: the folder did not exist before.
        is_new: the folder held no run before.
    """

    def __init__(
        self, output: Path, lock: IO[bytes], earlier: EarlierRun | None, *, is_made: bool = False, is_new: bool = False
    ) -> None:
        self._output = output
        self._lock = lock
        self._earlier = earlier
        self._is_made = is_made
        self._is_new = is_new
        self._is_kept = False

    def keep(self) -> None:
        """Remove the earlier run, as this one has started."""
        if self._earlier is not None and not self._is_kept:
            self._earlier.remove()
        self._is_kept = True

    def give_up(self) -> None:
        """Leave the folder as it was before the claim, if this run has not started."""
        if self._is_kept:
            return
        if self._earlier is not None:
            self._earlier.restore()
        elif self._is_new:
            for name in (*WRITTEN, MARKER):
                path = self._output / name
                if path.exists():
                    remove(path)
            if self._is_made and not any(self._output.iterdir()):
                self._output.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.keep()
            else:
                self.give_up()
        finally:
            self._lock.close()


def claim(output: Path, *, is_overwriting: bool, is_resuming: bool = False) -> Claim:
    """Take an output folder for a run: a new or empty one, or that of an earlier run.

    Args:
        output: the folder.
        is_overwriting: set an earlier run aside, until this one has started.
        is_resuming: continue from an earlier run.

    Raises:
        JobError: the folder is a URL, is another user's, holds a run or the only state of one, or another run has it.
    """
    refuse_url(f"output {output}", output, "name a local or mounted folder")
    is_made, has_run = not output.exists(), (output / MARKER).is_file()
    try:
        if not is_made and not has_run and (not output.is_dir() or any(output.iterdir())):
            refuse(f"output {output}", _NEW, "one in use", "name another")
        if not has_run:
            return _claim_new(output, is_made=is_made)
        return _claim_again(output, is_overwriting=is_overwriting, is_resuming=is_resuming)
    except OSError as error:
        refuse(f"output {output}", "a folder that can be made and written", f"{error}", "name another")


def check_free(output: Path) -> None:
    """Refuse a folder that another run has, without a claim.

    Raises:
        JobError: another run has it.
    """
    # There may be none; any other fault of it is in the claim's error.
    with suppress(OSError), _locked(output):
        pass


def put_back(output: Path) -> None:
    """Put back what an earlier run left, where the run that was to replace it was killed before it started.

    Raises:
        JobError: another run has the folder.
    """
    # Where that is impossible, the claim says why.
    with suppress(OSError), _locked(output):
        EarlierRun(output).restore()


def _claim_new(output: Path, *, is_made: bool) -> Claim:
    output.mkdir(parents=True, exist_ok=True)
    try:
        # Of two runs that start at once one makes the file.
        (output / MARKER).touch(exist_ok=False)
    except FileExistsError:
        refuse(f"output {output}", _NEW, "one that another run has just taken", "name another")
    return Claim(output, _locked(output, attempts=_ATTEMPTS), None, is_made=is_made, is_new=True)


def _claim_again(output: Path, *, is_overwriting: bool, is_resuming: bool) -> Claim:
    lock = _locked(output)
    try:
        earlier = EarlierRun(output)
        earlier.restore()
        if is_resuming:
            return Claim(output, lock, None)
        _check_may_go(output, earlier, is_overwriting=is_overwriting)
        earlier.set_aside()
        lock.truncate()
        return Claim(output, lock, earlier)
    except BaseException:
        lock.close()
        raise


def _check_may_go(output: Path, earlier: EarlierRun, *, is_overwriting: bool) -> None:
    if not is_overwriting:
        refuse(f"output {output}", _NEW, "a run's", "add --resume or --overwrite")
    savepoint = next(iter(sorted((output / SAVEPOINTS).glob("*"))), None)
    if savepoint is not None:
        fix = "go on from it with --resume, or move or delete it yourself first"
        refuse(f"--overwrite: {output}", "no savepoint of a stopped run", savepoint.name, fix)
    foreign = earlier.foreign_file()
    if foreign is not None:
        refuse(f"--overwrite: {output}", "only files of a run among its rows", foreign.relative_to(output), "move it")


def _locked(output: Path, *, attempts: int = 1) -> IO[bytes]:
    """Return the mark of a folder, open and locked.

    Args:
        output: the folder.
        attempts: how often to try; whoever just looks at a mark, or is refused, holds it for a moment.
    """
    lock: IO[bytes] = (output / MARKER).open("r+b")
    try:
        for left in reversed(range(attempts)):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not left:
                    refuse(f"output {output}", "a folder that no other run writes to", "that of a run at work", _STOP)
                time.sleep(_PAUSE_S)
            except OSError:
                break  # a file system without locks
            else:
                break
    except BaseException:
        lock.close()
        raise
    return lock
