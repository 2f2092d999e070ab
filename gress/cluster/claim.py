"""The folder of a local cluster, and the mark that a cluster made it: only then may its files be deleted."""

from __future__ import annotations

from pathlib import Path

from jobs.errors import refuse

FILE = "cluster.json"
_MARKER = ".gress-cluster"
_FOLDERS = ("log", "pid", "tmp", "checkpoints", "savepoints")


def is_cluster_folder(folder: Path) -> bool:
    """Return whether `gress cluster up` made a folder.

    Names such as ``tmp/`` and ``conf/config.yaml`` say nothing: a Flink installation has them, too.
    """
    return (folder / _MARKER).is_file() or (folder / FILE).is_file()


def check_may_clear(folder: Path) -> None:
    """Refuse a folder with files that no cluster of ours made.

    Raises:
        JobError: it is neither a cluster's own, nor new or empty.
    """
    if not folder.exists() or is_cluster_folder(folder):
        return
    if not folder.is_dir() or any(folder.iterdir()):
        refuse(f"cluster {folder}", "a new or empty folder, or a cluster's own", "one in use", "name another")


def claim_folder(folder: Path) -> None:
    """Make the folders of a cluster, and mark them as its own."""
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).write_text("gress cluster up made this folder; gress cluster down clears it\n", encoding="utf-8")
