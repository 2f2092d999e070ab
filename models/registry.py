"""Where models live: names, versions, artifacts."""

from __future__ import annotations

import difflib
import shutil
import uuid
from pathlib import Path
from typing import Protocol

from models.checksum import verify_checksum
from models.errors import ModelError
from models.spec import ModelSpec, check_name, read_spec, write_spec
from models.version import Version

_SPEC_FILE = "model.json"


class Registry(Protocol):
    """A store of immutable model versions."""

    def names(self) -> tuple[str, ...]:
        """Models that have a version, sorted."""

    def versions(self, name: str) -> tuple[Version, ...]:
        """Versions of a model, lowest first; empty for an unknown model."""

    def resolve(self, name: str, version: str = "") -> tuple[ModelSpec, Path]:
        """Spec and artifact of a version; "" is the highest."""

    def publish(self, spec: ModelSpec, file: Path) -> Path:
        """Adds a version that is not there yet; returns where."""


class LocalRegistry:
    """A folder of models: ``<base>/<model>/<version>/{model.json, artifact}``.

    Rules: versions never change; they are there in full or not at all; no model.json, no version.
    Checksums are verified when an artifact is published and when it is loaded.
    """

    def __init__(self, base: Path) -> None:
        self.base = base

    def names(self) -> tuple[str, ...]:
        """Models that have a version, sorted."""
        if not self.base.is_dir():
            subject = f"model registry {self.base}"
            raise ModelError(subject, "is not a folder", "check model_registry.base_path")
        return tuple(
            sorted(
                {path.parent.parent.name for path in self.base.glob(f"*/*/{_SPEC_FILE}") if _is_public(path)}
            )
        )

    def versions(self, name: str) -> tuple[Version, ...]:
        """Versions of a model, lowest first; empty for an unknown model."""
        return tuple(self._folders(name))

    def resolve(self, name: str, version: str = "") -> tuple[ModelSpec, Path]:
        """Spec and artifact of a version; "" is the highest release, or pre-release where there is none."""
        folders = self._folders(name)
        if not folders:
            raise self._no_such_model(name)
        wanted = Version.parse(version) if version else _highest(tuple(folders))
        if wanted not in folders:
            there = ", ".join(map(str, folders))
            subject = f"model {name}"
            raise ModelError(subject, f"has no version {wanted} in {self.base}", f"it has {there}")
        return self._read(name, wanted, folders[wanted])

    def publish(self, spec: ModelSpec, file: Path) -> Path:
        """Adds a version that is not there yet, its artifact named ``spec.file``; returns its folder."""
        verify_checksum(spec, file)
        folder = self.base / spec.name / spec.version
        if Version.parse(spec.version) in self._folders(spec.name):
            raise self._is_there(spec)
        folder.parent.mkdir(parents=True, exist_ok=True)
        staged = folder.parent / f".{spec.version}.{uuid.uuid4().hex}"
        try:
            staged.mkdir()
            shutil.copyfile(file, staged / spec.file)
            verify_checksum(spec, staged / spec.file)
            write_spec(spec, staged / _SPEC_FILE)
            self._commit(spec, staged, folder)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return folder

    def _commit(self, spec: ModelSpec, staged: Path, folder: Path) -> None:
        # Renaming onto a folder with content fails: of two writers one wins; no reader sees half a version.
        try:
            staged.rename(folder)
        except OSError as error:
            if (folder / _SPEC_FILE).exists():
                raise self._is_there(spec) from error
            raise ModelError(
                spec.ref, f"cannot be written to {folder}: {error.strerror}", "remove what is left there"
            ) from error

    def _folders(self, name: str) -> dict[Version, Path]:
        found: dict[Version, Path] = {}
        for path in sorted((self.base / check_name(name)).glob(f"*/{_SPEC_FILE}")):
            if not _is_public(path):
                continue
            folder = path.parent
            version = _folder_version(folder)
            if version in found:
                subject = f"model {name}"
                raise ModelError(
                    subject,
                    f"has version {version} twice: {found[version]} and {folder}",
                    "remove one",
                )
            found[version] = folder
        return dict(sorted(found.items()))

    def _read(self, name: str, version: Version, folder: Path) -> tuple[ModelSpec, Path]:
        spec = read_spec(folder / _SPEC_FILE)
        if (spec.name, spec.version) != (name, str(version)):
            subject = f"model {name}@{version}"
            raise ModelError(
                subject,
                f"has the model.json of {spec.name}@{spec.version}: {folder}",
                "publish it again",
            )
        artifact = folder / spec.file
        if not artifact.is_file():
            raise ModelError(spec.ref, f"has no file {spec.file} in {folder}", "publish it again")
        return spec, artifact

    def _no_such_model(self, name: str) -> ModelError:
        names = self.names()
        near = difflib.get_close_matches(name, names, n=1)
        hint = (
            f"did you mean {near[0]!r}? it has {', '.join(names)}"
            if near
            else f"it has {', '.join(names) or 'none'}"
        )
        return ModelError(f"model registry {self.base}", f"has no model {name!r}", hint)

    def _is_there(self, spec: ModelSpec) -> ModelError:
        return ModelError(
            spec.ref, f"is already in {self.base}", "versions never change: publish it under a new one"
        )


def _is_public(path: Path) -> bool:
    return not any(part.startswith(".") for part in path.parts[-3:])


def _folder_version(folder: Path) -> Version:
    try:
        return Version.parse(folder.name)
    except ModelError as error:
        subject = f"folder {folder}"
        raise ModelError(subject, "holds a model.json, but its name is not a version", error.fix) from error


def _highest(versions: tuple[Version, ...]) -> Version:
    """The highest release, or the highest pre-release where there is no release."""
    return max((version for version in versions if not version.pre), default=versions[-1])
