"""Names, versions, artifacts and deployments of models."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from conf.nearest import nearest_name
from models.checksum import verify_checksum
from models.errors import ModelError, fail
from models.registry.cache import ModelCache
from models.registry.debris import remove_debris
from models.registry.deployments import Deployments
from models.registry.ignored import say_ignored
from models.registry.records import Kind, Record, Records
from models.registry.store import ObjectStore
from models.spec import ModelSpec, check_name, parse_spec, spec_text
from models.version import Version

State = Literal["registered", "validated", "deployed", "retired"]
_SPEC_FILE = "model.json"


class Registry:
    """A store of immutable model versions: ``<base>/<model>/<version>/{model.json, artifact}``.

    Rules: versions never change; no model.json, no version; checksums are verified when an artifact is published,
    when it is fetched and when it is loaded.

    Args:
        store: store of the registry.
        cache: copies of remote artifacts; None if the store is a folder of this machine.
    """

    def __init__(self, store: ObjectStore, cache: ModelCache | None = None) -> None:
        self.store = store
        self.cache = cache

    @property
    def url(self) -> str:
        """The location of the registry, for people to read."""
        return self.store.url

    @property
    def base(self) -> Path:
        """The folder of the registry; only a local registry has one."""
        if self.store.folder is None:
            problem = "is not a folder of this machine"
            raise self._error(problem, "use its url")
        return self.store.folder

    def names(self) -> tuple[str, ...]:
        """Return the names of models that have a version, sorted."""
        names = (name for name in self.store.folders() if not name.startswith("."))
        return tuple(name for name in names if self._is_model(name))

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return the versions of a model, lowest first; empty for an unknown model."""
        return tuple(self._folders(name))

    def spec(self, name: str, version: str = "") -> ModelSpec:
        """Return the spec of a version; "" is the primary."""
        return self._read(name, *self._find(name, version))

    def resolve(self, name: str, version: str = "") -> tuple[ModelSpec, Path]:
        """Return the spec of a version and the path of its artifact on this machine; "" is the primary.

        The last deployment names the primary. Before the first deployment it is the highest release, or the highest
        pre-release if there is no release.
        """
        found, folder = self._find(name, version)
        spec = self._read(name, found, folder)
        return spec, self._artifact(spec, folder)

    def publish(self, spec: ModelSpec, file: Path) -> ModelSpec:
        """Add a new version; return its spec, whose ``file`` is the artifact's name in the registry.

        If writers race, one wins; no reader sees half a version.
        """
        verify_checksum(spec, file)
        self.store.prepare()
        if Version.parse(spec.version) in self._folders(spec.name):
            raise self._is_there(spec)
        folder = f"{spec.name}/{spec.version}"
        if not self._put_artifact(f"{folder}/{spec.file}", spec, file):
            # A writer that died or is still writing has left other bytes under this name, so ours get another name.
            stem, dot, suffix = spec.file.rpartition(".")
            spec = spec.model_copy(update={"file": f"{stem or suffix}-{spec.sha256[:12]}{dot}{suffix if dot else ''}"})
            self._put_artifact(f"{folder}/{spec.file}", spec, file)
        if not self.store.create(f"{folder}/{_SPEC_FILE}", spec_text(spec).encode()):
            raise self._is_there(spec)
        if self.store.folder is not None:
            remove_debris(self.store.folder / spec.name, spec.version, spec.file)
        return spec

    def deployments(self, name: str) -> Deployments:
        """Return the deployments of a model."""
        return Deployments(self.store, check_name(name), lambda *at: self._may_serve(name, *at))

    def _may_serve(self, name: str, version: str, generation: int) -> bool:
        """Return whether a version exists, is not retired and was not rejected in ``generation``."""
        folder = self._folders(name).get(Version.parse(version))
        if folder is None:
            return False
        records = Records(self.store, folder)
        return not (records.has("retired") or records.has("rejected", generation))

    def state(self, name: str, version: str) -> State:
        """Return the state of a version in its lifecycle."""
        found, folder = self._find(name, version)
        records = Records(self.store, folder)
        if records.has("retired"):
            return "retired"
        latest = self.deployments(name).latest()
        if latest is not None and latest.primary == str(found):
            return "deployed"
        return "validated" if records.has("validated") else "registered"

    def records(self, name: str, version: str) -> tuple[Record, ...]:
        """Return the records of a version, in order of time."""
        return Records(self.store, self._find(name, version)[1]).all()

    def record(
        self, name: str, version: str, kind: Kind, *, reason: str = "", by: str = "", generation: int | None = None
    ) -> bool:
        """Write a record of a version and return True; return False if it exists already."""
        records = Records(self.store, self._find(name, version)[1])
        return records.add(kind, reason=reason, by=by, generation=generation)

    def retire(self, name: str, version: str, *, by: str = "", why: str = "") -> None:
        """Take a version out of use; it stays in the registry but is no longer promoted.

        Raises:
            ModelError: the version serves, or a rollback would return to it.
        """
        found, folder = self._find(name, version)
        self._check_unused(name, found, "be retired")
        Records(self.store, folder).add("retired", reason=why, by=by)

    def delete(self, name: str, version: str) -> None:
        """Remove a version with all its files.

        Raises:
            ModelError: the version serves, or a rollback would return to it.
        """
        found, folder = self._find(name, version)
        self._check_unused(name, found, "be deleted")
        # Delete model.json first: without it there is no version, so no reader finds half of one.
        self.store.delete(f"{folder}/{_SPEC_FILE}")
        for path in self.store.files(folder):
            self.store.delete(path)
        if self.store.folder is not None:
            shutil.rmtree(self.store.folder / folder, ignore_errors=True)

    def _check_unused(self, name: str, version: Version, verb: str) -> None:
        latest = self.deployments(name).latest()
        if latest is None or str(version) not in (latest.primary, latest.previous):
            return
        role = "serves" if latest.primary == str(version) else "is what a rollback goes to"
        fail(
            f"model {name}@{version}",
            f"cannot {verb}: it {role} in generation {latest.generation}",
            "promote other versions first",
        )

    def _put_artifact(self, path: str, spec: ModelSpec, file: Path) -> bool:
        """Write an artifact; return True also if the same bytes are there already."""
        return self.store.create(path, file) or self.store.sha256(path) == spec.sha256

    def _find(self, name: str, version: str) -> tuple[Version, str]:
        folders = self._folders(name)
        if not folders:
            raise self._no_such_model(name)
        wanted = Version.parse(version) if version else self._primary(name, tuple(folders))
        if wanted not in folders:
            there = ", ".join(map(str, folders))
            fail(f"model {name}", f"has no version {wanted} in {self.url}", f"it has {there}")
        return wanted, folders[wanted]

    def _primary(self, name: str, versions: tuple[Version, ...]) -> Version:
        latest = self.deployments(name).latest()
        if latest is not None:
            return Version.parse(latest.primary)
        for version in _highest_first(versions):
            if not Records(self.store, self._folders(name)[version]).has("retired"):
                return version
        fail(f"model {name}", f"has only retired versions in {self.url}", "promote one, or publish another")

    def _is_model(self, name: str) -> bool:
        try:
            return bool(self._folders(name))
        except ModelError as error:
            if "is not allowed" in error.problem:
                return False  # the folder is not a model's
            raise

    def _folders(self, name: str) -> dict[Version, str]:
        """Return the folder of each version, relative to the base, lowest version first."""
        if self.store.folder is not None and not self.store.folder.is_dir():
            check_name(name)
            return {}
        found: dict[Version, str] = {}
        for path in self.store.files(check_name(name)):
            parts = path.split("/")
            if len(parts) != 3 or parts[2] != _SPEC_FILE or parts[1].startswith("."):
                continue
            folder = f"{parts[0]}/{parts[1]}"
            version = self._version(folder)
            if version is None:
                continue
            if version in found:
                there = f"{self.url}/{found[version]} and {self.url}/{folder}"
                fail(f"model {name}", f"has version {version} twice: {there}", "remove one")
            found[version] = folder
        return dict(sorted(found.items()))

    def _version(self, folder: str) -> Version | None:
        """Return the version that a folder is named after; None: it is no version's, such as a copy of one."""
        try:
            return Version.parse(folder.rpartition("/")[2])
        except ModelError as error:
            problem = f"holds a model.json, but its name is not a version ({error.fix})"
            say_ignored(f"folder {self.url}/{folder} {problem}")
            return None

    def _read(self, name: str, version: Version, folder: str) -> ModelSpec:
        path = f"{folder}/{_SPEC_FILE}"
        spec = parse_spec(self.store.read(path) or b"", f"{self.url}/{path}")
        if (spec.name, spec.version) != (name, str(version)):
            fail(
                f"model {name}@{version}",
                f"has the model.json of {spec.name}@{spec.version}: {self.url}/{folder}",
                "publish it again",
            )
        return spec

    def _artifact(self, spec: ModelSpec, folder: str) -> Path:
        if self.store.folder is None:
            if self.cache is None:
                problem = "has no cache for what it fetches"
                raise self._error(problem, "open it with open_registry")
            return self.cache.fetch(spec, lambda target: self.store.download(f"{folder}/{spec.file}", target))
        artifact = self.store.folder / folder / spec.file
        if not artifact.is_file():
            fail(spec.ref, f"has no file {spec.file} in {self.url}/{folder}", "publish it again")
        return artifact

    def _no_such_model(self, name: str) -> ModelError:
        names = self.names()
        near = nearest_name(name, names)
        there = f"it has {', '.join(names)}" if names else "it has none; `gress models register` adds one"
        return self._error(f"has no model {name!r}", f"did you mean {near!r}? {there}" if near else there)

    def _is_there(self, spec: ModelSpec) -> ModelError:
        return ModelError(spec.ref, f"is already in {self.url}", "versions never change: publish it under a new one")

    def _error(self, problem: str, fix: str) -> ModelError:
        return ModelError(f"model registry {self.url}", problem, fix)


def _highest_first(versions: tuple[Version, ...]) -> list[Version]:
    """Sort releases from the highest down, then pre-releases."""
    return sorted(versions, key=lambda version: (not version.pre, version), reverse=True)
