"""Jars of Kafka, a database and Flink's SQL tools, which PyFlink does not bring: Maven fetches them for a user."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from jobs.errors import fail, refuse, refuse_url

JARS_VARIABLE = "GRESS_JARS"
CONNECTOR, BROKER, JDBC, SQL_TOOLS = "connector", "broker", "jdbc", "sql"

# The main jar of each part, and a class in it.
_MAIN = {
    CONNECTOR: ("flink-sql-connector-kafka-*.jar", "org/apache/flink/connector/kafka/source/KafkaSource.class"),
    BROKER: ("kafka_2.13-*.jar", "kafka/Kafka.class"),
    JDBC: (
        "flink-connector-jdbc-postgres-*.jar",
        "org/apache/flink/connector/jdbc/postgres/database/PostgresFactory.class",
    ),
    SQL_TOOLS: ("flink-sql-gateway-*.jar", "org/apache/flink/table/gateway/SqlGateway.class"),
}
_NAMES = {
    CONNECTOR: "Kafka's connector",
    BROKER: "Kafka's broker",
    JDBC: "the connector of PostgreSQL",
    SQL_TOOLS: "Flink's SQL gateway",
}
_TIMEOUT_S = 900
_SHOWN_LINES = 5


def jars_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of ``GRESS_JARS``, else one in the user's cache."""
    environ = os.environ if environ is None else environ
    if environ.get(JARS_VARIABLE):
        return Path(environ[JARS_VARIABLE]).absolute()
    cache = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "gress-ml" / "jars"


def connector_jar(folder: Path | None = None) -> Path:
    """Return the connector's jar.

    Raises:
        JobError: the jar was not fetched.
    """
    return find_jars(CONNECTOR, folder)[0]


def find_jars(part: str, folder: Path | None = None) -> list[Path]:
    """Return all jars of a part, the main one first.

    Raises:
        JobError: the jars were not fetched, or are damaged.
    """
    place = (folder or jars_folder()) / part
    pattern, entry = _MAIN[part]
    # If there are several versions, take the one fetched last.
    found = sorted(place.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    option = "" if part == CONNECTOR else f" --{part}"
    if not found:
        refuse(_NAMES[part], f"{pattern} in {place}", "nothing there", f"gress jars fetch{option}")
    _check(found[0], entry, option)
    return [found[0], *sorted(path for path in place.glob("*.jar") if path != found[0])]


def fetch_jars(folder: Path, *, parts: tuple[str, ...] = (CONNECTOR,)) -> list[Path]:
    """Fetch jars from Maven Central into ``folder`` and check them.

    Args:
        folder: target folder, created if missing.
        parts: parts to fetch; ``CONNECTOR`` is always included.

    Raises:
        JobError: the folder is a URL, or Maven is missing or fails.
    """
    refuse_url(f"folder {folder}", folder, "name another")
    maven = shutil.which("mvn")
    if maven is None:
        fix = "install it: apt-get install maven, brew install maven, or https://maven.apache.org/install.html"
        refuse("mvn", "Maven on PATH", "none", fix)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.absolute()) as fresh:
        command = [maven, "-q", "-B", "--strict-checksums", "-f", str(pom_file()), f"-Dgress.jars={fresh}"]
        profiles = ",".join(part for part in parts if part != CONNECTOR)
        command += ["-P", profiles] if profiles else []
        _run([*command, "generate-resources"])
        # Replace a part as a whole: jars of two versions side by side are worse than none.
        for part in Path(fresh).iterdir():
            find_jars(part.name, Path(fresh))
            shutil.rmtree(folder / part.name, ignore_errors=True)
            part.rename(folder / part.name)
    return [jar for part in dict.fromkeys((CONNECTOR, *parts)) for jar in find_jars(part, folder)]


def pom_file() -> Path:
    """Return the pom.xml of this checkout or of this installation.

    Raises:
        JobError: neither file exists.
    """
    places = (
        Path(__file__).resolve().parents[2] / "deploy" / "kafka" / "pom.xml",
        Path(sys.prefix) / "share" / "gress-ml" / "kafka" / "pom.xml",
    )
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        refuse("pom.xml of Kafka's jars", str(places[1]), "nothing there", "pip install --force-reinstall gress-ml")
    return found


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        refuse("mvn", f"an end within {_TIMEOUT_S} s", "none", "check the network")
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line][:_SHOWN_LINES]
        said = " | ".join(line.partition("ERROR]")[2].strip() for line in lines) or f"exit code {done.returncode}"
        fail("mvn", f"failed: {said}", "check the network and Maven's own settings")


def _check(jar: Path, entry: str, option: str) -> None:
    try:
        with zipfile.ZipFile(jar) as archive:
            archive.getinfo(entry)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        refuse(f"jar {jar}", f"{entry} in it", error, f"remove it and gress jars fetch{option}")
