"""Snapshots of learnt versions in a folder or an object store: ``<base>/<model>/<version>.json``."""

from __future__ import annotations

from conf.model_registry import ModelRegistrySettings
from models.errors import ModelError, fail
from models.learned.learned_version import LearnedVersion
from models.learned.snapshot import read_snapshot, snapshot_text
from models.registry.location import open_registry
from models.registry.store import ObjectStore
from models.spec import check_name
from models.version import Version

_SUFFIX = ".json"


class Snapshots:
    """The newest snapshots of each model, by version.

    A snapshot appears in full or not at all. A version that is written again, as a job does that reads its events
    again, is replaced.

    Args:
        store: store of the base.
        keep: most snapshots of a model that stay; the lowest versions go.
    """

    def __init__(self, store: ObjectStore, keep: int = 10) -> None:
        if keep < 1:
            fail(f"snapshots {store.url}", f"cannot keep {keep}", "keep at least 1")
        self._store = store
        self._keep = keep

    @property
    def url(self) -> str:
        """The location of the snapshots, for people to read."""
        return self._store.url

    def write(self, name: str, version: str, learned: LearnedVersion) -> str:
        """Write the snapshot of a version, remove those that are too many, and return its path.

        Raises:
            RegistryError: the store does not answer.
        """
        self._store.prepare()
        path = self._path(check_name(name), Version.parse(version))
        self._store.replace(path, snapshot_text(name, version, learned).encode())
        for each in self.versions(name)[: -self._keep]:
            self._store.delete(self._path(name, each))
        return f"{self.url}/{path}"

    def read(self, name: str, version: str = "") -> tuple[str, LearnedVersion]:
        """Return the version and the content of a snapshot; "" is the highest version.

        Raises:
            ModelError: there is no such snapshot, or it cannot be read.
        """
        there = self.versions(name)
        if not there:
            raise self._no_model(name)
        wanted = Version.parse(version) if version else there[-1]
        path = self._path(name, wanted)
        content = self._store.read(path) if wanted in there else None
        if content is None:
            fail(f"model {name}", f"has no snapshot {wanted} in {self.url}", f"it has {', '.join(map(str, there))}")
        return str(wanted), read_snapshot(content, f"{self.url}/{path}")

    def names(self) -> tuple[str, ...]:
        """Return the names of models that have a snapshot, sorted."""
        if self._is_missing:
            return ()
        found = {path.partition("/")[0] for path in self._store.files() if _version_of(path) is not None}
        return tuple(sorted(found))

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return the versions of a model that have a snapshot, lowest first."""
        if self._is_missing:
            return ()
        found = map(_version_of, self._store.files(check_name(name)))
        return tuple(sorted(version for version in found if version is not None))

    @property
    def _is_missing(self) -> bool:
        return self._store.folder is not None and not self._store.folder.is_dir()

    def _path(self, name: str, version: Version) -> str:
        return f"{name}/{version}{_SUFFIX}"

    def _no_model(self, name: str) -> ModelError:
        names = ", ".join(self.names()) or "none"
        return ModelError(f"model {name}", f"has no snapshot in {self.url}", f"there are snapshots of {names}")


def open_snapshots(place: str, keep: int = 10, *, registry: ModelRegistrySettings | None = None) -> Snapshots:
    """Open the snapshots in a folder or at the URL of an object store; nothing is read yet.

    Args:
        place: folder, or URL such as ``s3://bucket/prefix``.
        keep: most snapshots of a model that stay.
        registry: settings of the registry, whose endpoint and region are the snapshots', too; None = the defaults.

    Raises:
        ModelError: the place has an unknown scheme, or ``keep`` is below 1.
    """
    settings = (registry or ModelRegistrySettings()).model_copy(update={"type": "local", "base_path": place})
    return Snapshots(open_registry(settings).store, keep)


def _version_of(path: str) -> Version | None:
    """Return the version of a snapshot's path; None: another file."""
    parts = path.split("/")
    if len(parts) != 2 or not parts[1].endswith(_SUFFIX):
        return None
    try:
        return Version.parse(parts[1].removesuffix(_SUFFIX))
    except ModelError:
        return None
