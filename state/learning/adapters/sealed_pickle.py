"""Pickles that are opened only with the key that sealed them.

Loading a pickle runs code in it. So bytes that came from outside must never be loaded; a seal detects them: an
HMAC-SHA256 with a key of the job. It keeps apart state of this job from files, messages and state of others. It is no
help against somebody who can write the job's checkpoints and read its key there, who has the job anyway.

Source: Krawczyk, Bellare, Canetti, HMAC: keyed-hashing for message authentication, RFC 2104, 1997.
"""

from __future__ import annotations

import hashlib
import hmac
import pickle
from typing import Any

from state.learning.packed import pack, unpack

VERSION = 1
LEAST_KEY = 16
"""Fewest bytes of a key."""


def checked_key(key: bytes) -> bytes:
    """Return a key.

    Raises:
        ValueError: it is too short to be secret.
    """
    if len(key) < LEAST_KEY:
        msg = (
            f"seal: expected a key of {LEAST_KEY} bytes or more, got {len(key)}; make one with secrets.token_bytes(32)"
        )
        raise ValueError(msg)
    return key


def seal(key: bytes, fingerprint: str, value: Any) -> bytes:
    """Return the pickle of a value, sealed.

    Args:
        key: key of the job.
        fingerprint: origin of the value, such as settings and releases.
        value: what to keep.
    """
    content = pack(VERSION, fingerprint.encode(), pickle.dumps(value, protocol=5))
    return pack(VERSION, content, hmac.digest(key, content, hashlib.sha256))


def unseal(key: bytes, fingerprint: str, data: bytes) -> Any:
    """Return the value of `seal`; nothing of it is loaded unless key and fingerprint are the same.

    Raises:
        ValueError: the bytes were sealed with another key, or not at all, or belong to something else.
    """
    content, mark = _parts(data)
    if not hmac.compare_digest(mark, hmac.digest(key, content, hashlib.sha256)):
        msg = (
            "seal: expected state that this job has sealed, got other bytes; they are not loaded, since loading a "
            "pickle runs what is in it"
        )
        raise ValueError(msg)
    found, pickled = unpack("seal", VERSION, content)
    if found.decode() != fingerprint:
        msg = f"seal: expected state of {fingerprint}, got state of {found.decode()}; start without it"
        raise ValueError(msg)
    return pickle.loads(pickled)


def _parts(data: bytes) -> tuple[bytes, bytes]:
    sections = unpack("seal", VERSION, data)
    if len(sections) != 2:
        msg = f"seal: expected sealed state, got {len(sections)} sections; it was written by something else"
        raise ValueError(msg)
    return sections[0], sections[1]
