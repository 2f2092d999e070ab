"""Flink's classes as an archive that a JVM maps into memory, instead of reading and checking 20,000 at each start.

Java makes such archives itself (JEP 350, since Java 13). The first short run leaves one in the user's cache, and every
later JVM on this machine starts with it. Java checks that the class path is the one of the archive, and goes without it
otherwise; a new Flink, Java or environment has a folder of its own.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jobs.flink.java import JavaHome

VARIABLE = "GRESS_JVM_CACHE"
"""Environment variable with the cache's folder; ``off`` for no cache."""

_OLDEST_JAVA = 13
_LIBRARIES = "FLINK_LIB_DIR"
_ARGUMENTS = "JVM_ARGS"
_QUIET = "-Xlog:cds*=off"
_PLANNER = "flink-table-planner.jar"
# A cluster's own class path; an archive belongs to a path that begins with its own.
_MORE_PATHS = ("HADOOP_CLASSPATH", "HADOOP_CONF_DIR", "YARN_CONF_DIR", "HBASE_CONF_DIR")
_CHECK_S = 60.0
_WRITTEN_S = 120.0
_KEPT_S = 30 * 86_400.0


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Return the cache's folder; None: the user wants none, or its path has spaces."""
    named = environ.get(VARIABLE)
    home = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(named).absolute() if named else Path(home) / "gress-ml" / "jvm"
    # PyFlink splits the JVM's arguments at spaces.
    return None if named == "off" or " " in str(folder) else folder


@contextmanager
def shared_classes(java: JavaHome, *, is_short: bool) -> Iterator[None]:
    """Let a JVM that PyFlink starts inside the block map Flink's classes, or leave an archive of them at its end.

    Args:
        java: Java of the JVM.
        is_short: the JVM lives for seconds, and may take some more to write the archive.
    """
    before = {name: os.environ.get(name) for name in (_LIBRARIES, _ARGUMENTS)}
    cache = cache_folder(os.environ)
    # Whoever names the folder of the libraries wants these, and no others.
    is_possible = java.major >= _OLDEST_JAVA and sys.platform != "win32" and not before[_LIBRARIES]
    if cache is not None and is_possible:
        # The cache is a help, not a need: the JVM starts without it on a full disk, say.
        with suppress(OSError, zipfile.BadZipFile):
            archive = _Archive.of(java, cache)
            arguments = archive.arguments(is_short=is_short and not any(map(os.environ.get, _MORE_PATHS)))
            os.environ[_LIBRARIES] = str(archive.libraries)
            os.environ[_ARGUMENTS] = " ".join([before[_ARGUMENTS] or "", *arguments]).strip()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@dataclass(frozen=True)
class _Archive:
    """The archive of one Java and one Flink, and the libraries that are in it.

    Attributes:
        java: the Java that made it and reads it.
        folder: its folder.
        python_jar: Flink's jar for Python, the last on the class path.
    """

    java: JavaHome
    folder: Path
    python_jar: Path

    @classmethod
    def of(cls, java: JavaHome, cache: Path) -> _Archive:
        """Return the archive in a cache, with its folder made.

        Raises:
            OSError: the folder cannot be written, or PyFlink is not as expected.
        """
        from pyflink.find_flink_home import _find_flink_home

        home = Path(_find_flink_home())
        jars = sorted((home / "lib").glob("*.jar"))
        (python_jar,) = (home / "opt").glob("flink-python*.jar")
        folder = cache / _key([java.home / "release", *jars, python_jar])
        if not folder.exists():
            _forget_old(cache)
            _make(folder, jars)
        os.utime(folder)
        return cls(java, folder, python_jar)

    @property
    def libraries(self) -> Path:
        """Folder of Flink's jars, in which the planner's classes are on the class path like all others."""
        return self.folder / "lib"

    def arguments(self, *, is_short: bool) -> list[str]:
        """Return the arguments of a JVM that reads the archive, or makes it if it is missing and the JVM is short."""
        archive, new = self.folder / "classes.jsa", self.folder / "new.jsa"
        if not archive.exists() and new.exists():
            self._adopt(new, archive)
        if archive.exists():
            return [f"-XX:SharedArchiveFile={archive}", _QUIET]
        return [f"-XX:ArchiveClassesAtExit={new}", _QUIET] if is_short and not new.exists() else []

    def _adopt(self, new: Path, archive: Path) -> None:
        """Keep a new archive if Java can read it, and delete it if Java cannot though nobody writes to it any more."""
        # PyFlink's class path, in its order.
        jars = [*glob.glob(str(self.libraries / "*.jar")), str(self.python_jar)]
        checks = ["-Xshare:on", "-XX:+UnlockDiagnosticVMOptions", "-XX:+VerifySharedSpaces"]
        command = [str(self.java.home / "bin" / "java"), *checks, f"-XX:SharedArchiveFile={new}", "-cp"]
        checked = subprocess.run(
            [*command, os.pathsep.join(jars), "-version"], capture_output=True, timeout=_CHECK_S, check=False
        )
        if checked.returncode == 0:
            new.rename(archive)
        elif time.time() - new.stat().st_mtime > _WRITTEN_S:
            new.unlink()


def _key(files: list[Path]) -> str:
    """Return a name for files at their places, as they are."""
    known = [(str(path), found.st_size, found.st_mtime_ns) for path in files for found in [path.stat()]]
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


def _make(folder: Path, jars: list[Path]) -> None:
    """Make a folder with links to Flink's jars and the planner's own jar, which Flink hides in the jar of a loader."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        (made / "lib").mkdir()
        for jar in jars:
            if not (jar.name.startswith("flink-table-planner-loader") and _unpack(jar, made / "lib")):
                (made / "lib" / jar.name).symlink_to(jar)
        # Another process may have been faster, with the same content.
        with suppress(FileExistsError):
            made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _unpack(jar: Path, target: Path) -> bool:
    """Unpack the planner's jar, and return whether it was there."""
    with zipfile.ZipFile(jar) as loader:
        if _PLANNER not in loader.namelist():
            return False
        loader.extract(_PLANNER, target)
    return True


def _forget_old(cache: Path) -> None:
    """Delete the folders of Javas and Flinks that were not used for a month."""
    for folder in cache.glob("*/lib"):
        if time.time() - folder.parent.stat().st_mtime > _KEPT_S:
            shutil.rmtree(folder.parent, ignore_errors=True)
