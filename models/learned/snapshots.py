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
_OWNER = "registry.txt"
_LONGEST = 200


class Snapshots:
    """The newest snapshots of each model, by version.

    A snapshot appears in full or not at all. A version that is written again, as a job does that reads its events
    again, is replaced.

    Args:
        store: store of the base.
        keep: most snapshots of a model that stay; the lowest versions go.
        registry: URL of the registry whose versions they are, which a file beside a model's snapshots notes; "" = any.
    """

    def __init__(self, store: ObjectStore, keep: int = 10, *, registry: str = "") -> None:
        if keep < 1:
            fail(f"snapshots {store.url}", f"cannot keep {keep}", "keep at least 1")
        self._store = store
        self._keep = keep
        self._registry = registry

    @property
    def url(self) -> str:
        """The location of the snapshots, for people to read."""
        return self._store.url

    def write(self, name: str, version: str, learned: LearnedVersion) -> str:
        """Write the snapshot of a version, remove those that are too many, and return its path.

        Raises:
            ModelError: the model's snapshots are of another registry.
            RegistryError: the store does not answer.
        """
        self._store.prepare()
        path = self._path(check_name(name), Version.parse(version))
        if self._registry and not self._store.create(f"{name}/{_OWNER}", self._registry.encode()):
            self.check_owner(name)
        self._store.replace(path, snapshot_text(name, version, learned).encode())
        for each in self.versions(name)[: -self._keep]:
            self._store.delete(self._path(name, each))
        return f"{self.url}/{path}"

    def check_owner(self, name: str) -> None:
        """Refuse snapshots of a model that are of another registry, whose versions have the same numbers.

        Raises:
            ModelError: they are.
            RegistryError: the store does not answer.
        """
        if self._is_missing or not self._registry:
            return
        found = self._store.read(f"{check_name(name)}/{_OWNER}")
        if found not in (None, self._registry.encode()):
            fail(
                f"snapshots {self.url}/{name}",
                f"are of the versions in {found.decode(errors='replace')[:_LONGEST]!r}, not in {self._registry!r}",
                f"choose another ml.online_learning.checkpoint_dir, or remove {_OWNER} there if the registry has moved",
            )

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
        registry: settings of the registry that has the versions, whose endpoint and region are the snapshots', too;
            None = any, and the defaults.

    Raises:
        ModelError: the place has an unknown scheme, or ``keep`` is below 1.
    """
    settings = (registry or ModelRegistrySettings()).model_copy(update={"type": "local", "base_path": place})
    owner = "" if registry is None else open_registry(registry).store.url
    return Snapshots(open_registry(settings).store, keep, registry=owner)


def _version_of(path: str) -> Version | None:
    """Return the version of a snapshot's path; None: another file."""
    parts = path.split("/")
    if len(parts) != 2 or not parts[1].endswith(_SUFFIX):
        return None
    try:
        return Version.parse(parts[1].removesuffix(_SUFFIX))
    except ModelError:
        return None
