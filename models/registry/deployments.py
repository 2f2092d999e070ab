"""Which version serves: numbered generations that only ever grow."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import socket
import uuid
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from models.errors import ModelError
from models.registry.store import ObjectStore
from models.version import Version

_ATTEMPTS = 100


class Deployment(BaseModel):
    """Generation ``n``: what serves from now on.

    Args:
        generation: 1, 2, 3, ... without a gap.
        primary: The version that serves.
        previous: The version to roll back to; None: there was none.
        experiment: Name of the experiment that routes among versions; None: none.
        action: What was done.
        by: Who did it.
        why: Free text.
        at: When.
        id: Tells two writers of the same words apart.
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

    Of two writers one gets a number and the other takes the next: none is lost, and listing them is the history.

    Args:
        store: Where.
        name: Of the model.
        may_serve: Whether a version that was the primary of a generation may be again; default: each may.
    """

    def __init__(
        self, store: ObjectStore, name: str, may_serve: Callable[[str, int], bool] = lambda version, generation: True
    ) -> None:
        self._store = store
        self._name = name
        self._may_serve = may_serve

    def latest(self) -> Deployment | None:
        """The highest generation; None: nothing was ever promoted."""
        numbers = self._numbers()
        return self._read(numbers[-1]) if numbers else None

    def after(self, generation: int) -> Deployment | None:
        """The highest generation above one; None: there is none. One small read where nothing changed."""
        found = None
        while (later := self._read(generation + 1)) is not None:
            found = later
            generation += 1
        return found

    def history(self) -> tuple[Deployment, ...]:
        """All generations, lowest first."""
        read = (self._read(number) for number in self._numbers())
        return tuple(deployment for deployment in read if deployment is not None)

    def promote(self, version: str, *, by: str = "", why: str = "", experiment: str | None = None) -> Deployment:
        """Makes a version the primary in a generation of its own; whether it is there, its caller knows.

        Raises:
            ModelError: It is no version.
        """
        primary = str(Version.parse(version))

        def following(latest: Deployment | None) -> Deployment:
            previous = None
            if latest is not None:
                # A version that never came to serve is nothing to go back to.
                is_kept = latest.primary == primary or not self._may_serve(latest.primary, latest.generation)
                previous = latest.previous if is_kept else latest.primary
            return _deployment(latest, "promote", primary, previous, by=by, why=why, experiment=experiment)

        return self._append(following)

    def rollback(self, *, by: str = "", why: str = "") -> Deployment:
        """Makes the previous version the primary again; rolling back twice goes back two versions.

        Versions that were rejected, retired or removed are passed over.

        Raises:
            ModelError: There is nothing to go back to.
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
        """The last deployment of the version that one goes back to."""
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
            # A store may write, fail to say so and refuse the second try: what is there in the same words is ours.
            if self._store.create(path, content.encode()) or self._store.read(path) == content.encode():
                return deployment
            latest = self.after(deployment.generation - 1)
        subject = f"model {self._name}"
        raise ModelError(subject, f"got no generation in {_ATTEMPTS} attempts", "others write to it without end")

    def _numbers(self) -> list[int]:
        names = (path.rpartition("/")[2].removesuffix(".json") for path in self._store.files(self._prefix))
        return sorted(int(name) for name in names if name.isdecimal())

    def _read(self, number: int) -> Deployment | None:
        content = self._store.read(self._path(number))
        if content is None:
            return None
        try:
            return Deployment.model_validate_json(content)
        except ValidationError as error:
            subject = f"deployment {self._store.url}/{self._path(number)}"
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "(whole file)"
            raise ModelError(subject, f"cannot be read: {where}: {first['msg']}", "promote again") from error

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
    """Who this is, as ``user@host``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"  # a container's user need not have a name
    return f"{user}@{socket.gethostname()}"
