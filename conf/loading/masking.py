"""Masking of secrets wherever settings are shown."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from conf.errors import KeyPath

MASK = "***"
HIDDEN = "a hidden value"

_SECRET = re.compile(
    r"passw(or)?d|secret|token|key_id|access_key|account_key|private_key|service_key|api_?key|credential"
    r"|keystore_key|auth_params|basic_auth|jaas_config|http_headers",
    re.IGNORECASE,
)
# A password may hold an unquoted slash or @: mask too much rather than too little.
_USER_INFO = re.compile(r"(?<=://)\S+@")
_QUERY = re.compile(r"(://[^\s?]*\?)\S+")
_LONGEST_SHOWN = 80


def is_secret(path: KeyPath) -> bool:
    """Return whether a key of ``path`` looks like a secret; users name event fields freely, so these do not count."""
    parents = (None, *path)
    return any(
        isinstance(key, str) and parent != "fields" and _SECRET.search(re.sub(r"[-.]", "_", key)) is not None
        for parent, key in zip(parents, path, strict=False)
    )


def masked_text(text: str) -> str:
    """Return ``text`` with the user, password and query of its URLs masked.

    Example:
        >>> masked_text("s3://user:word@bucket/models?signature=word")
        's3://***@bucket/models?***'
    """
    return _QUERY.sub(rf"\g<1>{MASK}", _USER_INFO.sub(f"{MASK}@", text))


def masked_tree(tree: Any, path: KeyPath = (), *, hidden: Collection[KeyPath] = ()) -> Any:
    """Return a copy of nested mappings and lists with secrets, and the values at some paths, replaced by ``***``."""
    if isinstance(tree, dict):
        return {key: masked_tree(value, (*path, key), hidden=hidden) for key, value in tree.items()}
    if isinstance(tree, list):
        return [masked_tree(value, (*path, index), hidden=hidden) for index, value in enumerate(tree)]
    if path in hidden or (tree is not None and tree != "" and is_secret(path)):
        return MASK
    return masked_text(tree) if isinstance(tree, str) else tree


def described(value: object) -> str:
    """Return a value as an error text shows it: scalars in YAML's words, containers by kind only."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(masked_text(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
