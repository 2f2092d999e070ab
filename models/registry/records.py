"""Records of a version's life after registration: files beside it, each written once."""

from __future__ import annotations

import datetime as dt
import json
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from models.registry.deployment import whoami
from models.registry.documents import read_document
from models.registry.store import ObjectStore

Kind = Literal["validated", "rejected", "retired"]


class Record(BaseModel):
    """One record of an event in a version's life: its kind, reason, author and time.

    Args:
        kind: ``validated`` by its golden rows, ``rejected`` by a running job, ``retired`` from use.
        generation: the deployment in which a running job rejected the version.
        reason: the reason in words.
        by: person or job that wrote the record.
        at: time of the record.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind
    generation: int | None = None
    reason: str = ""
    by: str = ""
    at: AwareDatetime
    format_version: Literal[1] = 1


class Records:
    """The records of one version: ``<folder>/records/<kind>[-<generation>].json``."""

    def __init__(self, store: ObjectStore, folder: str) -> None:
        self._store = store
        self._prefix = f"{folder}/records"

    def add(self, kind: Kind, *, reason: str = "", by: str = "", generation: int | None = None) -> bool:
        """Write a record and return True; return False if one of this kind and generation exists, which stays."""
        record = Record(
            kind=kind, generation=generation, reason=reason, by=by or whoami(), at=dt.datetime.now(dt.timezone.utc)
        )
        content = json.dumps(record.model_dump(mode="json"), sort_keys=True, indent=2) + "\n"
        return self._store.create(self._path(kind, generation), content.encode())

    def all(self) -> tuple[Record, ...]:
        """Return all records, in order of time."""
        found = (self._read(path) for path in self._store.files(self._prefix))
        return tuple(sorted((record for record in found if record is not None), key=lambda record: record.at))

    def has(self, kind: Kind, generation: int | None = None) -> bool:
        """Return whether there is a record of this kind and generation; None: without a generation."""
        return self._store.read(self._path(kind, generation)) is not None

    def _path(self, kind: Kind, generation: int | None) -> str:
        return f"{self._prefix}/{kind if generation is None else f'{kind}-{generation}'}.json"

    def _read(self, path: str) -> Record | None:
        return read_document(self._store, path, Record, what_to_do="remove it")
