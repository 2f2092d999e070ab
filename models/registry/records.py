"""What became of a version after it was registered: notes beside it, each written once."""

from __future__ import annotations

import datetime as dt
import json
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from models.errors import ModelError
from models.registry.deployments import whoami
from models.registry.store import ObjectStore

Kind = Literal["validated", "rejected", "retired"]


class Record(BaseModel):
    """One note: what, why, by whom and when.

    Args:
        kind: ``validated`` by its golden rows, ``rejected`` by a running job, ``retired`` from use.
        generation: The deployment in which it was rejected.
        reason: Why.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind
    generation: int | None = None
    reason: str = ""
    by: str = ""
    at: AwareDatetime
    format_version: Literal[1] = 1


class Records:
    """The notes of one version: ``<folder>/records/<kind>[-<generation>].json``."""

    def __init__(self, store: ObjectStore, folder: str) -> None:
        self._store = store
        self._prefix = f"{folder}/records"

    def add(self, kind: Kind, *, reason: str = "", by: str = "", generation: int | None = None) -> bool:
        """Writes a note; False: there is one of this kind (and generation), which counts."""
        record = Record(
            kind=kind, generation=generation, reason=reason, by=by or whoami(), at=dt.datetime.now(dt.timezone.utc)
        )
        content = json.dumps(record.model_dump(mode="json"), sort_keys=True, indent=2) + "\n"
        return self._store.create(self._path(kind, generation), content.encode())

    def all(self) -> tuple[Record, ...]:
        """All notes, in order of time."""
        found = (self._read(path) for path in self._store.files(self._prefix))
        return tuple(sorted((record for record in found if record is not None), key=lambda record: record.at))

    def has(self, kind: Kind, generation: int | None = None) -> bool:
        """Whether there is a note of this kind, with that generation or without one."""
        return self._store.read(self._path(kind, generation)) is not None

    def _path(self, kind: Kind, generation: int | None) -> str:
        return f"{self._prefix}/{kind if generation is None else f'{kind}-{generation}'}.json"

    def _read(self, path: str) -> Record | None:
        content = self._store.read(path)
        if content is None:
            return None
        try:
            return Record.model_validate_json(content)
        except ValidationError as error:
            subject = f"record {self._store.url}/{path}"
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "(whole file)"
            raise ModelError(subject, f"cannot be read: {where}: {first['msg']}", "remove it") from error
