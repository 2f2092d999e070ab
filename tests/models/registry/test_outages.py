"""A store that does not answer: one error names the store, the operation and what to check."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from jobs.flink.ports import free_port
from models.registry import Registry, RegistryError
from models.registry.patience import Patience
from models.spec import ModelSpec
from tests.models.registry.denying import Denying
from tests.models.registry.places import HASTY, Place
from tests.models.registry.stores import MakePlace, s3_settings, write_key
from tests.support.gcs_server import GcsHandler, GcsServer
from tests.support.servers import running, serving

_S3_FIX = r"check model_registry\.s3_endpoint and s3_region"


def at(url: str, **fields: str) -> Registry:
    return Place("s3", s3_settings(url, **fields)).open(HASTY)


@pytest.fixture
def hanging() -> Iterator[str]:
    """URL of a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def operations(registry: Registry, spec: ModelSpec, file: Path) -> dict[str, object]:
    artifact = "fraud/7.0.0/model.onnx"
    return {
        "list s3://models/models/fraud": lambda: registry.versions("fraud"),
        "list s3://models/models": registry.names,
        "read s3://models/models/fraud/deployments/1.json": lambda: registry.deployments("fraud").after(0),
        "write s3://models/models/fraud/7.0.0/model.onnx": lambda: registry.store.create(artifact, file),
        "delete s3://models/models/fraud/7.0.0/model.json": lambda: registry.store.delete("fraud/7.0.0/model.json"),
    }


def check_each(registry: Registry, spec: ModelSpec, file: Path, problem: str, *, but: tuple[str, ...] = ()) -> None:
    for wanted, use in operations(registry, spec, file).items():
        operation, url = wanted.split(" ")
        if operation not in but:
            with pytest.raises(RegistryError, match=rf"^model registry {url} cannot {operation}: {problem}$"):
                use()


def test_closed_port(net_spec: ModelSpec, net_file: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    check_each(at(url), net_spec, net_file, rf"connection refused \({url}\); {_S3_FIX} and the network")


def test_silent_server(hanging: str, net_spec: ModelSpec, net_file: Path) -> None:
    check_each(at(hanging), net_spec, net_file, rf"no answer in time \({hanging}\); {_S3_FIX} and the network")


def test_silent_server_is_given_up_within_the_bounds(hanging: str) -> None:
    patience = Patience(answer_s=0.5, retries=100, retry_s=1.5)
    start = time.monotonic()
    with pytest.raises(RegistryError, match="no answer in time"):
        Place("s3", s3_settings(hanging)).open(patience).versions("fraud")
    # 100 tries would take a minute and more.
    assert 1.5 <= time.monotonic() - start < 10


def test_default_bounds_are_below_half_a_minute() -> None:
    default = Patience()
    assert 2 * (default.retry_s + default.answer_s) <= 30


def test_unknown_host() -> None:
    problem = r"cannot list: its host name is unknown \(http://registry\.invalid\); "
    with pytest.raises(RegistryError, match=problem + _S3_FIX):
        at("http://registry.invalid").versions("fraud")


def test_denying_server(net_spec: ModelSpec, net_file: Path) -> None:
    who = r"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY \(or the machine's role\) and what they may do there"
    with serving(Denying) as url:
        check_each(at(url), net_spec, net_file, rf"denied \(403 Forbidden AccessDenied\); check {who}")


def test_broken_server(monkeypatch: pytest.MonkeyPatch, net_spec: ModelSpec, net_file: Path) -> None:
    monkeypatch.setattr(Denying, "status", 500)
    monkeypatch.setattr(Denying, "code", "InternalError")
    with serving(Denying) as url:
        answer = rf"the server \({url}\) answered 500 Internal Server Error InternalError; {_S3_FIX}"
        check_each(at(url), net_spec, net_file, answer)


def test_denying_gcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_place: MakePlace) -> None:
    place = make_place("gcs")
    with serving(Denying) as url:
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(write_key(tmp_path / "denied.json", url)))
        want = (
            r"^model registry gs://models/.*/fraud cannot list: denied \(403 Forbidden AccessDenied\); check "
            r"GOOGLE_APPLICATION_CREDENTIALS \(or the machine's service account\) and what they may do there$"
        )
        with pytest.raises(RegistryError, match=want):
            place.open(HASTY).versions("fraud")


@pytest.mark.parametrize("kind", ["s3", "gcs"])
def test_missing_bucket(make_place: MakePlace, kind: str) -> None:
    registry = make_place(kind).open(**{f"{kind}_bucket": "no-such-bucket"})
    answered = r"the server \(http://.*\) answered 404 Not Found NoSuchBucket; check .*model_registry\."
    with pytest.raises(RegistryError, match=rf"no-such-bucket/.*/fraud cannot list: {answered}"):
        registry.versions("fraud")
    with pytest.raises(RegistryError, match=rf"no-such-bucket/.*/1\.json cannot read: {answered}"):
        registry.deployments("fraud").after(0)
    with pytest.raises(RegistryError, match=rf"no-such-bucket/.*/1\.json cannot write: {answered}"):
        registry.store.create("fraud/deployments/1.json", b"")


def test_server_that_does_not_speak_tls() -> None:
    with serving(Denying) as url:
        tls = url.replace("http:", "https:")
        with pytest.raises(RegistryError, match=rf"cannot list: it does not speak TLS \({tls}\); {_S3_FIX} and the "):
            at(tls).versions("fraud")


def test_certificate_of_a_stranger(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Denying)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_self_signed(tmp_path / "server.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server):
        url = f"https://127.0.0.1:{server.server_address[1]}"
        with pytest.raises(RegistryError, match=rf"cannot list: its certificate is not trusted \({url}\); {_S3_FIX}"):
            at(url).versions("fraud")


class _Forgetful(GcsHandler):
    """Writes a generation and says that it failed, once."""

    forgot: list[str]

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if self.command == "PUT" and "deployments" in self.path and not self.forgot:
            self.forgot.append(self.path)
            status, body, headers = 503, b"", {}
        super()._answer(status, body, headers)


def test_write_that_was_not_confirmed_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_place: MakePlace
) -> None:
    monkeypatch.setattr(_Forgetful, "forgot", [], raising=False)
    place, server = make_place("gcs"), GcsServer(0, "models", handler=_Forgetful)
    with running(server):
        url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(write_key(tmp_path / "forgetful.json", url)))
        deployments = place.open().deployments("fraud")
        assert deployments.promote("1").generation == 1
        assert len(_Forgetful.forgot) == 1
        assert [each.generation for each in deployments.history()] == [1]


def _self_signed(path: Path) -> Path:
    """A key and a certificate that nobody vouches for."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now)
    certificate = builder.not_valid_after(now + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, *plain) + certificate.public_bytes(pem))
    return path
