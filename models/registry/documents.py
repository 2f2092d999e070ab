"""JSON documents of a registry, read into their classes."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from models.errors import fail
from models.registry.store import ObjectStore

_Document = TypeVar("_Document", bound=BaseModel)


def read_document(store: ObjectStore, path: str, kind: type[_Document], *, what_to_do: str) -> _Document | None:
    """Return the document at a path; None: there is none.

    Raises:
        ModelError: the text there is no document of this class; the error ends with ``what_to_do``.
    """
    content = store.read(path)
    if content is None:
        return None
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "(whole file)"
        subject = f"{kind.__name__.lower()} {store.url}/{path}"
        fail(subject, f"cannot be read: {where}: {first['msg']}", what_to_do)
