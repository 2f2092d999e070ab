"""Location and credentials of a registry: a missing or wrong part is named before, or with, the first request."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobs.flink.ports import free_port
from models.errors import ModelError
from models.registry import RegistryError
from tests.models.registry.places import HASTY, Place
from tests.models.registry.stores import SECRETS, MakePlace, s3_settings


@pytest.mark.parametrize("endpoint", ["ftp://somewhere", "http://a b", "somewhere:9000"])
def test_endpoint_that_is_none_is_refused_at_once(endpoint: str) -> None:
    want = rf"^model_registry\.s3_endpoint {re.escape(repr(endpoint))} is no URL of a server; expected http\[s\]://HOST\[:PORT\]$"
    with pytest.raises(ModelError, match=want):
        Place("s3", s3_settings(endpoint)).open()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "the key file cannot be read"),
        ('"s3cr3t"', "the key file cannot be read"),
        ('{"private_key": "s3cr3t", "client_email": "a", "private_key_id": "b"}', "the key file holds no private key"),
    ],
    ids=["missing", "no-key", "no-pem"],
)
def test_bad_key_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_place: MakePlace, content: str | None, problem: str
) -> None:
    place, path = make_place("gcs"), tmp_path / "bad.json"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(path))
    want = rf"^model registry gs://models/.* cannot be opened: {problem}; check GOOGLE_APPLICATION_CREDENTIALS and"
    with pytest.raises(RegistryError, match=want) as raised:
        place.open(HASTY)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("kind", ["s3", "gcs"])
def test_missing_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_place: MakePlace, kind: str) -> None:
    """Without any, the cloud's own server is asked, which is there on the cloud's machines alone."""
    place, nobody = make_place(kind), f"127.0.0.1:{free_port()}"
    for name in (*SECRETS, "GOOGLE_SERVICE_ACCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://{nobody}")
    for name in ("GCE_METADATA_HOST", "GCE_METADATA_ROOT", "GCE_METADATA_IP"):
        monkeypatch.setenv(name, nobody)
    fix = {"s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "gcs": "set GOOGLE_APPLICATION_CREDENTIALS"}[kind]
    problem = rf"no credentials found, and the machine has none \(http://{nobody}\); {fix}"
    with pytest.raises(RegistryError, match=f"/fraud cannot list: {problem}"):
        place.open(HASTY).versions("fraud")
