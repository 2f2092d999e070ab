"""Flink's classes as an archive that a JVM maps into memory, instead of reading and checking 20,000 at each start.

Java makes such archives itself (JEP 350, since Java 13). The first short run leaves one in the user's cache, and every
later JVM on this machine starts with it. Java checks that the class path is the one of the archive, and goes without it
otherwise; a new Flink, Java or environment has a folder of its own.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from jobs.flink.jvm.java import JavaHome

VARIABLE = "GRESS_JVM_CACHE"
"""Environment variable with the cache's folder; ``off`` for no cache."""

_OLDEST_JAVA = 13
_LIBRARIES = "FLINK_LIB_DIR"
_ARGUMENTS = "JVM_ARGS"
_PLANNER = "flink-table-planner.jar"
_ONE_COMPILER = "-XX:TieredStopAtLevel=1"
_QUIET = "-Xlog:cds*=off"
# A cluster's own class path; an archive belongs to a path that begins with its own.
_MORE_PATHS = ("HADOOP_CLASSPATH", "HADOOP_CONF_DIR", "YARN_CONF_DIR", "HBASE_CONF_DIR")
# The user's own arguments of JVMs, which may be about archives.
_USERS = (_ARGUMENTS, "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "FLINK_ENV_JAVA_OPTS")
_ABOUT_ARCHIVES = re.compile("share|Shared|ArchiveClasses|DynamicDump")
# PyFlink splits arguments at spaces and class paths at colons, and looks for jars by a pattern.
_PLAIN = re.compile(r"[\w./+@=~-]+")
_CHECK_S = 60.0
_WRITTEN_S = 120.0
_KEPT_S = 30 * 86_400.0


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Return the cache's folder; None: the user wants none, or PyFlink cannot pass its path on.

    Raises:
        RuntimeError: the user has no home.
    """
    named = environ.get(VARIABLE)
    if named == "off":
        return None
    if not named:
        named = f"{environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'}/gress-ml/jvm"
    folder = Path(named).absolute()
    return folder if _PLAIN.fullmatch(str(folder)) else None


@contextmanager
def quick_jvm(java: JavaHome, *, is_short: bool, moves_blocks: bool = False) -> Iterator[None]:
    """Let a JVM that PyFlink starts inside the block map Flink's classes, or leave an archive of them at its end.

    Args:
        java: Java of the JVM.
        is_short: the JVM lives for seconds. It does without its second compiler, which would not pay off, and may take
            some more seconds at its end to write the archive.
        moves_blocks: the JVM moves blocks of rows, and never works on a row. Its second compiler would take a fifth of
            two cores for a minute, and make nothing faster.
    """
    before = {name: os.environ.get(name) for name in (_LIBRARIES, _ARGUMENTS)}
    arguments = [_ONE_COMPILER] if (is_short or moves_blocks) and before[_ARGUMENTS] is None else []
    # The cache is a help, not a need: the JVM starts without it on a full disk, or for a user without a home.
    with suppress(OSError, ValueError, RuntimeError, zipfile.BadZipFile, subprocess.SubprocessError):
        archive = _Archive.find(java)
        if archive is not None:
            arguments += archive.arguments(is_short=is_short)
            os.environ[_LIBRARIES] = str(archive.libraries)
    if arguments:
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
    def find(cls, java: JavaHome) -> _Archive | None:
        """Return the archive of the user's cache, with its folder made; None: there is none, or none can be made.

        Raises:
            OSError, ValueError: the folder cannot be written, or PyFlink is not as expected.
            RuntimeError: the user has no home.
        """
        cache = cache_folder(os.environ)
        own = " ".join(os.environ.get(name, "") for name in _USERS)
        # Java adds an archive to the one of its own classes, which some installations lack.
        is_able = java.major >= _OLDEST_JAVA and (java.home / "lib" / "server" / "classes.jsa").exists()
        # A user who names the folder of the libraries wants these, and no others.
        if cache is None or not is_able or os.environ.get(_LIBRARIES) or _ABOUT_ARCHIVES.search(own):
            return None
        from pyflink.find_flink_home import _find_flink_home

        home = Path(_find_flink_home()).resolve()
        jars = sorted((home / "lib").glob("*.jar"))
        (python_jar,) = (home / "opt").glob("flink-python*.jar")
        folder = cache.resolve() / _key([java.home / "release", *jars, python_jar], own)
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
        archive = self.folder / "classes.jsa"
        for new in self.folder.glob("new-*.jsa"):
            if not archive.exists() and self._is_readable(new):
                new.rename(archive)
            elif time.time() - new.stat().st_mtime > _WRITTEN_S:
                new.unlink()
        if archive.exists():
            return [f"-XX:SharedArchiveFile={archive}", _QUIET]
        if not is_short or any(map(os.environ.get, _MORE_PATHS)):
            return []
        return [f"-XX:ArchiveClassesAtExit={self.folder / f'new-{os.getpid()}.jsa'}", _QUIET]

    def _is_readable(self, archive: Path) -> bool:
        """Return whether Java can read an archive, which another JVM may be writing just now."""
        # PyFlink's class path, in its order.
        jars = [*glob.glob(str(self.libraries / "*.jar")), str(self.python_jar)]
        checks = ["-Xshare:on", "-XX:+UnlockDiagnosticVMOptions", "-XX:+VerifySharedSpaces"]
        given = os.environ.get(_ARGUMENTS, "").split()
        command = [str(self.java.home / "bin" / "java"), *given, *checks, f"-XX:SharedArchiveFile={archive}", "-cp"]
        checked = subprocess.run(
            [*command, os.pathsep.join(jars), "-version"], capture_output=True, timeout=_CHECK_S, check=False
        )
        return checked.returncode == 0


def _key(files: list[Path], arguments: str) -> str:
    """Return a name for files at their places, as they are, and the arguments of a JVM."""
    known = [(str(path), found.st_size, found.st_mtime_ns) for path in files for found in [path.stat()]]
    return hashlib.sha256(repr((known, arguments)).encode()).hexdigest()[:16]


def _make(folder: Path, jars: list[Path]) -> None:
    """Make a folder with links to Flink's jars and the planner's own jar, which Flink hides in the jar of a loader."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        (made / "lib").mkdir()
        for jar in jars:
            if not (jar.name.startswith("flink-table-planner-loader") and _unpack(jar, made / "lib")):
                (made / "lib" / jar.name).symlink_to(jar)
        try:
            made.rename(folder)
        except OSError:
            # Another process may have been faster, with the same content.
            if not folder.exists():
                raise
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
