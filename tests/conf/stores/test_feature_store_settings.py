"""Settings of the feature store: what fits together, and what is never shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.loading.render import render_yaml
from conf.settings import Settings

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("redis_addr: 'a:1,b:2'", "redis_addr: expected one host:port, got 'a:1,b:2'; set redis_mode for several"),
        ("redis_addr: 'a:1,b', redis_mode: cluster", "redis_addr: expected host:port"),
        ("redis_addr: 'a:65536'", "redis_addr: expected host:port, with a port from 1 to 65535, got 'a:65536'"),
        ("redis_addr: 'a:0'", "redis_addr: expected host:port, with a port from 1 to 65535, got 'a:0'"),
        ("redis_mode: cluster, redis_db: 1", "redis_db: expected 0, the only database of a cluster, got 1"),
        ("redis_ca: ca.pem", "redis_ca: expected redis_tls: true beside it"),
        ("redis_tls: true, redis_cert: a.pem", "redis_cert_key: expected a certificate and its key together"),
        ("cache_size: -1", "cache_size: expected a value >= 0"),
        ("timeout: 0s", "timeout: expected a value > 0"),
        ("on_error: fail", "on_error: expected 'default' or 'stale'"),
        ("on_full: fail", "on_full: expected 'wait' or 'drop'"),
        ("publish: [{entity: a b}]", "publish.0.entity: expected letters, digits, '.', '_' or '-'"),
        (
            "publish: [{entity: a}, {entity: b}, {entity: a}]",
            "publish.2.entity: expected an entity that no earlier entry has, got 'a'; list all its features there",
        ),
    ],
)
def test_what_does_not_fit_is_refused(text: str, line: str, refusals: Callable[..., list[str]]) -> None:
    (refused,) = refusals(f"ml: {{feature_store: {{{text}}}}}\n")
    assert f"ml.feature_store.{line}" in refused


def test_several_addresses_are_for_clusters_and_sentinels(load: Callable[..., Settings]) -> None:
    for mode in ("cluster", "sentinel"):
        store = load(f"ml: {{feature_store: {{redis_addr: 'a:1,[::1]:2', redis_mode: {mode}}}}}\n").ml.feature_store
        assert store.redis_addr == "a:1,[::1]:2"


def test_password_comes_from_the_environment(load: Callable[..., Settings], refusals: Callable[..., list[str]]) -> None:
    (line,) = refusals(f"ml: {{feature_store: {{redis_password: {SECRET}}}}}\n")
    assert "redis_password: expected a secret from the environment, got a hidden value" in line
    assert SECRET not in line
    settings = load("ml: {feature_store: {redis_password: '${REDIS}'}}\n", environ={"REDIS": SECRET})
    assert settings.ml.feature_store.redis_password == SECRET
    assert SECRET not in render_yaml(settings)
