"""No credential in anything that is shown, logged or stored."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conf.model_registry import ModelRegistrySettings
from jobs.flink.ports import free_port
from models.errors import ModelError
from models.registry import Registry
from models.spec import ModelSpec
from tests.models.registry.denying import Denying
from tests.models.registry.places import HASTY, Place, overwrite
from tests.models.registry.stores import KEY_SECRETS, SECRETS, MakePlace, s3_settings, write_key
from tests.support.servers import serving

HIDDEN = (*SECRETS.values(), *KEY_SECRETS.values())


def check_clean(text: str) -> None:
    assert not [secret for secret in HIDDEN if secret in text], text


def shown(registry: Registry) -> str:
    return f"{registry!r} {registry.store!r} {registry.cache!r} {vars(registry.store)!r} {registry.url}"


def failure(use: Callable[[], object]) -> ModelError:
    with pytest.raises(ModelError) as raised:
        use()
    return raised.value


def check_failure(error: ModelError) -> None:
    check_clean(f"{error} {error!r} {vars(error)!r} {pickle.loads(pickle.dumps(error))!r}")
    check_clean("".join(traceback.format_exception(error)))


@pytest.mark.parametrize("kind", ["s3", "gcs"])
def test_stored_objects_hold_no_secret(
    make_place: MakePlace, net_spec: ModelSpec, net_file: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    registry = make_place(kind).open()
    registry.publish(net_spec, net_file)
    registry.deployments("fraud").promote("7")
    registry.record("fraud", "7", "validated")
    overwrite(registry, "fraud/8.0.0/model.onnx", b"evil")
    overwrite(registry, "fraud/8.0.0/model.json", json.dumps({"name": "fraud"}).encode())
    check_failure(failure(lambda: registry.resolve("fraud", "8")))
    check_clean(shown(registry))
    for path in registry.store.files():
        check_clean((registry.store.read(path) or b"").decode(errors="replace"))
    check_clean(caplog.text)


@pytest.fixture(params=["denying", "unreachable"])
def failing(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of a server that answers nobody."""
    with serving(Denying) as denying:
        yield denying if request.param == "denying" else f"http://127.0.0.1:{free_port()}"


@pytest.fixture(params=["s3", "gcs"])
def registry(request: pytest.FixtureRequest, failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(write_key(tmp_path / "key.json", failing)))
    settings = {"s3": s3_settings(failing), "gcs": ModelRegistrySettings(base_path="gs://models/models")}
    return Place(request.param, settings[request.param]).open(HASTY)


def test_failures_show_no_secret(
    registry: Registry, net_spec: ModelSpec, net_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for use in (
        registry.names,
        lambda: registry.resolve("fraud"),
        lambda: registry.publish(net_spec, net_file),
        lambda: registry.store.create("fraud/7.0.0/model.onnx", net_file),
        lambda: registry.deployments("fraud").promote("1"),
        lambda: registry.deployments("fraud").after(0),
    ):
        check_failure(failure(use))
    check_clean(shown(registry))
    check_clean(caplog.text)


def test_bad_key_file_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_place: MakePlace) -> None:
    place = make_place("gcs")
    for content in (json.dumps(KEY_SECRETS), json.dumps(KEY_SECRETS["private_key"]), KEY_SECRETS["private_key"]):
        (tmp_path / "bad.json").write_text(content)
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "bad.json"))
        check_failure(failure(lambda: place.open(HASTY)))
