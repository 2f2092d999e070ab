"""Failures of a store: each text names the place, the operation and what to check."""

from __future__ import annotations

import re

from models.errors import ModelError

_STATUS = re.compile(r"status code: (\d{3}[^:\n]*)")
_CODE = re.compile(r"<Code>(\w+)</Code>")
# The groups leave out the user and password that a URL may hold.
_SERVER = re.compile(r"(https?://)(?:[^@/\s]*@)?([^/\s?#]+)")
_DENIED = ("PermissionDeniedError", "UnauthenticatedError")
_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the machine's role)",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS (or the machine's service account)",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (or the machine's identity)",
}
# Paths of the clouds' metadata servers. The client asks there last, so it found no credentials anywhere else.
_METADATA = ("/latest/api/token", "/latest/meta-data", "/computeMetadata/", "/metadata/identity")
# All lower case; none may match the name of a setting of the library, such as retry_timeout.
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
    """A store that did not answer: unreachable, slow, denying, or missing.

    Unlike a bad model this may pass: a running job keeps its model and asks again.

    Args:
        url: URL of the object or folder.
        operation: failed operation: ``read``, ``list``, ``write``, ``delete``, ``be opened``.
        problem: the failure in a few words.
        fix: what to check.
    """

    def __init__(self, url: str, operation: str, problem: str, fix: str) -> None:
        super().__init__(f"model registry {url}", f"cannot {operation}: {problem}", fix)

    def __reduce__(self) -> tuple[type[ModelError], tuple[str, str, str]]:
        # The error crosses from a worker to its client as text only.
        return ModelError, (self.subject, self.problem, self.fix)


def describe(error: Exception, url: str, operation: str) -> RegistryError:
    """Return the error for a store's own one, without the server's answer that its text may quote."""
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
    # Keep the last part of the first line: the parts before it repeat the request.
    first = text.splitlines()[0] if text else type(error).__name__
    return first.rpartition(" - ")[2].strip()[:200]
