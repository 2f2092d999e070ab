"""A PostgreSQL server of a test, with one user who has a password."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import Self

from jobs.flink.ports import free_port

USER, PASSWORD = "gress", "pa ss&word"
# The server refuses to run as root.
_OWNER = "postgres" if hasattr(os, "getuid") and os.getuid() == 0 else None


def find_postgres() -> Path | None:
    """Return the folder of the server's programs; None where it is not installed."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").is_file() and (place / "psql").is_file()), None)


@dataclass
class Postgres:
    """A server in a folder of its own, from ``with`` to its end."""

    programs: Path

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="gress-postgres-"))
        self.port = free_port()
        if _OWNER is not None:
            shutil.chown(self._folder, _OWNER)
        secret = self._folder / "password"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o644)
        self._run("initdb", "-D", "data", "-A", "scram-sha-256", "-U", USER, "--pwfile=password", "-E", "UTF8")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-o", options, "-l", "log", "-w", "start")
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "stop")
        shutil.rmtree(self._folder)

    @property
    def url(self) -> str:
        """URL under which a job finds the database."""
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def ask(self, query: str) -> list[str]:
        """Return the lines of an answer, its cells with ``|`` between them."""
        command = ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-Atc", query, "postgres"]
        environ = {**os.environ, "PGPASSWORD": PASSWORD, "PGTZ": "UTC"}
        done = subprocess.run(
            [self.programs / command[0], *command[1:]], env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    def _run(self, program: str, *arguments: str) -> None:
        with (self._folder / "out").open("w") as out:
            subprocess.run(
                [self.programs / program, *arguments], cwd=self._folder, user=_OWNER,
                stdout=out, stderr=subprocess.STDOUT, check=True,
            )  # fmt: skip
