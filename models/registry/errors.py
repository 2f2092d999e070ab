"""Failures of a store, in words that say where, what was tried and what to check."""

from __future__ import annotations

import re

from models.errors import ModelError

_STATUS = re.compile(r"status code: (\d{3}[^:\n]*)")
_CODE = re.compile(r"<Code>(\w+)</Code>")
# Without the name and password that a URL may hold.
_SERVER = re.compile(r"(https?://)(?:[^@/\s]*@)?([^/\s?#]+)")
_DENIED = ("PermissionDeniedError", "UnauthenticatedError")
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the machine's role)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS (or the machine's service account)",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or the machine's identity)",
}
# Where clouds tell a machine its credentials; who asks there has found none anywhere else.
_METADATA = ("/latest/api/token", "/latest/meta-data", "/computeMetadata/", "/metadata/identity")
# All lower case; the name of a setting of the library, such as retry_timeout, must match none.
_SIGNS = (
    ("connection refused", "connection refused"),
    ("connectionrefused", "connection refused"),
    ("dns error", "its host name is unknown"),
    ("failed to lookup", "its host name is unknown"),
    ("invalidcertificate", "its certificate is not trusted"),
    ("invalidcontenttype", "it does not speak TLS"),
    ("kind: timeout", "no answer in time"),
    ("timed out", "no answer in time"),
    ("timedout", "no answer in time"),
    ("no space left", "no space left on the device"),
    ("read-only", "the file system is read-only"),
    ("service account file", "the key file cannot be read"),
    ("pem file", "the key file holds no private key"),
)
_ENDPOINTS = {
    "s3": "model_registry.s3_endpoint and s3_region",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS and model_registry.gcs_bucket",
    "az": "AZURE_STORAGE_ACCOUNT_NAME",
}


class RegistryError(ModelError):
    """A store that could not be asked: unreachable, slow, denying, or not there.

    Unlike a bad model this may pass: who runs goes on with what it has and asks again.

    Args:
        url: Of the object or folder.
        operation: What was tried: ``read``, ``list``, ``write``, ``delete``, ``be opened``.
        problem: What came of it, in a few words.
        fix: What to check.
    """

    def __init__(self, url: str, operation: str, problem: str, fix: str) -> None:
        super().__init__(f"model registry {url}", f"cannot {operation}: {problem}", fix)

    def __reduce__(self) -> tuple[type[ModelError], tuple[str, str, str]]:
        # It crosses from a worker to its client as text only.
        return ModelError, (self.subject, self.problem, self.fix)


def describe(error: Exception, url: str, operation: str) -> RegistryError:
    """Return what a store's own error comes to; its text may hold whole server answers, which are left out."""
    scheme = url.partition("://")[0]
    text = str(error)
    status, code, server = _STATUS.search(text), _CODE.search(text), _SERVER.search(text)
    found = " ".join(match[1].strip() for match in (status, code) if match)
    where = f" ({server[1]}{server[2]})" if server else ""
    who = _CREDENTIALS.get(scheme)
    if any(path in text for path in _METADATA):
        return RegistryError(url, operation, f"no credentials found, and the machine has none{where}", f"set {who}")
    if type(error).__name__ in _DENIED or isinstance(error, PermissionError) or found.startswith(("401", "403")):
        fix = f"check {who} and what they may do there" if who else "check who may read and write there"
        return RegistryError(url, operation, f"denied ({found})" if found else "denied", fix)
    if found:
        return RegistryError(url, operation, f"the server{where} answered {found}", f"check {_place(scheme)}")
    return RegistryError(url, operation, _reason(error, text) + where, f"check {_place(scheme)} and the network")


def _place(scheme: str) -> str:
    return _ENDPOINTS.get(scheme, "model_registry.base_path")


def _reason(error: Exception, text: str) -> str:
    lower = text.lower()
    for sign, reason in _SIGNS:
        if sign in lower:
            return reason
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    # The last part of the first line: what comes before repeats the request.
    first = text.splitlines()[0] if text else type(error).__name__
    return first.rpartition(" - ")[2].strip()[:200]
