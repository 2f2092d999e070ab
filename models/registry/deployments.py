"""Deployments of a model: numbered generations that only ever grow; the highest says which version serves."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import socket
import uuid
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from models.errors import ModelError, fail
from models.registry.documents import read_document
from models.registry.store import ObjectStore
from models.version import Version

_ATTEMPTS = 100


class Deployment(BaseModel):
    """Generation ``n``, which names the version that serves from now on.

    Args:
        generation: 1, 2, 3, ... without a gap.
        primary: the version that serves.
        previous: the version that a rollback returns to; None: there was none.
        experiment: name of the experiment that routes among versions; None: none.
        action: the action that made this generation.
        by: person who acted.
        why: free text.
        at: time of the action.
        id: random text that tells two writers of equal content apart.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    generation: Annotated[int, Field(ge=1)]
    primary: str
    previous: str | None = None
    experiment: str | None = None
    action: Literal["promote", "rollback"] = "promote"
    by: str = ""
    why: str = ""
    at: AwareDatetime
    id: str = ""
    format_version: Literal[1] = 1


class Deployments:
    """The generations of one model: ``<model>/deployments/<n>.json``, each written once.

    If two writers race, one gets the number and the other takes the next one. No deployment is lost, and the list of
    files is the history.

    Args:
        store: store of the registry.
        name: name of the model.
        may_serve: function that says whether the primary of an earlier generation may serve again; default: each may.
    """

    def __init__(
        self, store: ObjectStore, name: str, may_serve: Callable[[str, int], bool] = lambda version, generation: True
    ) -> None:
        self._store = store
        self._name = name
        self._may_serve = may_serve

    def latest(self) -> Deployment | None:
        """Return the highest generation; None: nothing was ever promoted."""
        numbers = self._numbers()
        return self._read(numbers[-1]) if numbers else None

    def after(self, generation: int) -> Deployment | None:
        """Return the highest generation above the given one; None: there is none.

        If nothing changed, this costs one small read.
        """
        found = None
        while (later := self._read(generation + 1)) is not None:
            found = later
            generation += 1
        return found

    def history(self) -> tuple[Deployment, ...]:
        """Return all generations, lowest first."""
        read = (self._read(number) for number in self._numbers())
        return tuple(deployment for deployment in read if deployment is not None)

    def promote(self, version: str, *, by: str = "", why: str = "", experiment: str | None = None) -> Deployment:
        """Make a version the primary in a new generation; the caller has checked that the version exists.

        Raises:
            ModelError: ``version`` is not a valid version.
        """
        primary = str(Version.parse(version))

        def following(latest: Deployment | None) -> Deployment:
            previous = None
            if latest is not None:
                # A rollback must not return to a version that never came to serve.
                is_kept = latest.primary == primary or not self._may_serve(latest.primary, latest.generation)
                previous = latest.previous if is_kept else latest.primary
            return _deployment(latest, "promote", primary, previous, by=by, why=why, experiment=experiment)

        return self._append(following)

    def rollback(self, *, by: str = "", why: str = "") -> Deployment:
        """Make the previous version the primary again; two rollbacks go back two versions.

        Rejected, retired and removed versions are skipped.

        Raises:
            ModelError: there is no version to return to.
        """

        def following(latest: Deployment | None) -> Deployment:
            if latest is None:
                never = "it was never promoted"
                raise self._no_way_back(never)
            before = self._before(latest)
            while before is not None and not self._may_serve(before.primary, before.generation):
                before = self._before(before)
            if before is None:
                none = f"no version that may serve was the primary before {latest.primary}"
                raise self._no_way_back(none)
            return _deployment(latest, "rollback", before.primary, before.previous, by=by, why=why)

        return self._append(following)

    def _before(self, deployment: Deployment) -> Deployment | None:
        """Return the last earlier deployment of the version that ``deployment`` calls its previous one."""
        for number in range(deployment.generation - 1, 0, -1):
            found = self._read(number)
            if found is not None and found.primary == deployment.previous:
                return found
        return None

    def _no_way_back(self, state: str) -> ModelError:
        return ModelError(f"model {self._name}", f"cannot be rolled back: {state}", "promote a version")

    def _append(self, following: Callable[[Deployment | None], Deployment]) -> Deployment:
        latest = self.latest()
        for _ in range(_ATTEMPTS):
            deployment = following(latest)
            content = json.dumps(deployment.model_dump(mode="json"), sort_keys=True, indent=2) + "\n"
            path = self._path(deployment.generation)
            # A store may write, fail to say so and refuse the retry: a file with our content is ours.
            if self._store.create(path, content.encode()) or self._store.read(path) == content.encode():
                return deployment
            latest = self.after(deployment.generation - 1)
        fail(f"model {self._name}", f"got no generation in {_ATTEMPTS} attempts", "others write to it without end")

    def _numbers(self) -> list[int]:
        names = (path.rpartition("/")[2].removesuffix(".json") for path in self._store.files(self._prefix))
        return sorted(int(name) for name in names if name.isdecimal())

    def _read(self, number: int) -> Deployment | None:
        return read_document(self._store, self._path(number), Deployment, what_to_do="promote again")

    @property
    def _prefix(self) -> str:
        return f"{self._name}/deployments"

    def _path(self, number: int) -> str:
        return f"{self._prefix}/{number}.json"


def _deployment(
    latest: Deployment | None,
    action: Literal["promote", "rollback"],
    primary: str,
    previous: str | None,
    *,
    by: str,
    why: str,
    experiment: str | None = None,
) -> Deployment:
    return Deployment(
        generation=latest.generation + 1 if latest else 1,
        primary=primary,
        previous=previous,
        experiment=experiment,
        action=action,
        by=by or whoami(),
        why=why,
        at=dt.datetime.now(dt.timezone.utc),
        id=uuid.uuid4().hex,
    )


def whoami() -> str:
    """Return the current ``user@host``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"  # a container's user need not have a name
    return f"{user}@{socket.gethostname()}"
