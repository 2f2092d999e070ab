"""Locations of a test's models, in a form that another process can read."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore

from conf.model_registry import ModelRegistrySettings
from models.registry import Registry, open_registry
from models.registry.patience import Patience
from models.spec import ModelSpec

WRITER = Path(__file__).with_name("writer.py")
REPOSITORY = Path(__file__).resolve().parents[3]
# Enough for a server on a busy machine, little enough for a test of one that is silent: that is asked once.
HASTY = Patience(connect_s=2, answer_s=1, retries=1, retry_s=0.5)


@dataclass(frozen=True)
class Place:
    """A store with nothing in it, and the settings that lead there."""

    kind: str
    settings: ModelRegistrySettings

    def open(self, patience: Patience | None = None, **changed: Any) -> Registry:
        return open_registry(self.settings.model_copy(update=changed), patience)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """A process that does something with the registry, see writer.py."""
        arguments = [sys.executable, str(WRITER), self.settings.model_dump_json(by_alias=True), *command]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(arguments, cwd=REPOSITORY, text=True, **pipes)

    def run_together(self, *commands: tuple[str, ...]) -> list[str]:
        """Start processes at the same time, once all are ready, and return their outputs."""
        processes = [self.start(*command) for command in commands]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=60) for process in processes]
        assert [process.returncode for process in processes] == [0] * len(processes), answers
        return [out for out, _ in answers]


def version_of(spec: ModelSpec, version: str, **fields: Any) -> ModelSpec:
    return ModelSpec.model_validate(spec.model_dump() | {"version": version} | fields)


def publish(registry: Registry, spec: ModelSpec, file: Path, *versions: str) -> None:
    for version in versions:
        registry.publish(version_of(spec, version), file)


def overwrite(registry: Registry, path: str, content: bytes) -> None:
    """Replace an object by another, which no registry does."""
    if registry.store.folder is not None:
        target = registry.store.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    else:
        obstore.put(registry.store._backend, path, content, use_multipart=False)
