"""What became of a version after it was registered: notes beside it, each written once."""

from __future__ import annotations

import datetime as dt
import json
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

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
        name = kind if generation is None else f"{kind}-{generation}"
        content = json.dumps(record.model_dump(mode="json"), sort_keys=True, indent=2) + "\n"
        return self._store.create(f"{self._prefix}/{name}.json", content.encode())

    def all(self) -> tuple[Record, ...]:
        """All notes, in order of time."""
        contents = (self._store.read(path) for path in self._store.files(self._prefix))
        found = [Record.model_validate_json(content) for content in contents if content is not None]
        return tuple(sorted(found, key=lambda record: record.at))

    def has(self, kind: Kind) -> bool:
        """Whether there is a note without a generation of this kind."""
        return self._store.read(f"{self._prefix}/{kind}.json") is not None
