"""A real server: round trips, lifetimes, TLS, clusters and sentinels."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from state.feature_store.feature_store import FeatureStore
from state.feature_store.redis_client import RedisOptions, open_client
from tests.support.redis_server import RedisServer, redis_server
from tests.support.stored_features import GROUP, filled, on


def calls(server: RedisServer) -> dict[str, int]:
    return {name.removeprefix("cmdstat_"): each["calls"] for name, each in server.ask("commandstats").items()}


def test_a_batch_is_one_round_trip(server: RedisServer, open_store: Callable[..., FeatureStore]) -> None:
    keys = [f"c{number % 200}" for number in range(1000)]
    names = [f"x{number}" for number in range(5)]
    store = open_store(on(server, timeout_s=5.0))
    store.put_many(GROUP, keys[:200], dict.fromkeys(names, np.arange(200.0)), np.arange(200))
    client = open_client(server.options())
    client.config_resetstat()
    before = server.ask("stats")["total_reads_processed"]
    got = store.get_many(GROUP, keys, names)
    reads = server.ask("stats")["total_reads_processed"] - before
    client.close()
    np.testing.assert_array_equal(got.floats("x3"), np.arange(1000) % 200)
    # All keys go out at once, in pieces of the socket; the two reads beside them are those of INFO and its greeting.
    assert calls(server)["hmget"] == 200
    assert reads <= 12
    store.get_many(GROUP, keys, names)
    assert calls(server)["hmget"] == 200


def test_all_keys_go_out_before_an_answer_is_awaited(folder: Path, open_store: Callable[..., FeatureStore]) -> None:
    """A server that stands still has got the whole batch: it answers all when it goes on, without another word."""
    with redis_server(folder) as server:
        store = filled(open_store(on(server)))
        store.get_many(GROUP, ["b"], ["x"])
        before = calls(server)["hmget"]
        server.pause()
        assert store.get_many(GROUP, [f"c{number}" for number in range(200)], ["x"]).is_failed.all()
        server.resume()
        assert calls(server)["hmget"] == before + 200


def test_a_write_is_one_command(server: RedisServer, open_store: Callable[..., FeatureStore]) -> None:
    store = filled(open_store(on(server, timeout_s=5.0)))
    before = calls(server)["evalsha"]
    store.put_many(GROUP, ["a"] * 1200, {"x": np.arange(1200.0), "y": ["é"] * 1200}, np.arange(1200))
    assert calls(server)["evalsha"] == before + 3
    got = store.get_many(GROUP, ["a"], ["x", "y"])
    assert (got.values("x"), got.values("y")) == ([1199.0], ["é"])


def test_an_entity_lives_for_its_time(server: RedisServer, open_store: Callable[..., FeatureStore]) -> None:
    store = filled(open_store(on(server)))
    client = open_client(server.options())
    assert 0 < client.pttl(GROUP.key("a")) <= 60_000
    client.pexpire(GROUP.key("a"), 5_000)
    assert store.put_many(GROUP, ["a"], {"x": [9.0]}, np.array([0])) == 1
    assert client.pttl(GROUP.key("a")) <= 5_000, "an older value prolongs nothing"
    client.close()


def test_times_before_1970_are_older(server: RedisServer, open_store: Callable[..., FeatureStore]) -> None:
    store = open_store(on(server))
    assert store.put_many(GROUP, ["old"], {"x": [1.0]}, np.array([-5])) == 0
    assert store.put_many(GROUP, ["old"], {"x": [2.0]}, np.array([-6])) == 1
    assert store.put_many(GROUP, ["old"], {"x": [3.0]}, np.array([2**53 - 1])) == 0
    assert store.put_many(GROUP, ["old"], {"x": [4.0]}, np.array([2**53 - 2])) == 1


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    made, key = tmp_path / "server.crt", tmp_path / "server.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(made), "-subj", "/CN=redis", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return str(made), str(key)


def test_tls(folder: Path, certificate: tuple[str, str], open_store: Callable[..., FeatureStore]) -> None:
    made, key = certificate
    files = ("--tls-cert-file", made, "--tls-key-file", key, "--tls-ca-cert-file", made)
    with redis_server(folder, *files, tls=True) as server:
        trusted = {"is_tls": True, "ca_file": made, "cert_file": made, "key_file": key, "timeout_s": 5.0}
        store = filled(open_store(on(server, **trusted)))
        assert store.get_many(GROUP, ["a"], ["x"]).values("x") == [1.0]
        for access in ({**trusted, "ca_file": None}, {**trusted, "cert_file": None, "key_file": None}, {}):
            refused = open_store(on(server, **{**access, "timeout_s": 1.0}))
            assert refused.get_many(GROUP, ["a"], ["x"]).is_failed.all()
            assert set(refused.counts().errors) <= {"unreachable", "timeout"}


def test_a_cluster_spreads_the_keys(folder: Path, open_store: Callable[..., FeatureStore]) -> None:
    with redis_server(folder, "--cluster-enabled", "yes") as server:
        client = open_client(server.options())
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        while "cluster_state:ok" not in str(client.execute_command("CLUSTER", "INFO")):
            time.sleep(0.05)
        client.close()
        store = open_store(on(server, mode="cluster", timeout_s=5.0))
        keys = [f"c{number}" for number in range(50)]
        assert store.put_many(GROUP, keys, {"x": np.arange(50.0)}, np.arange(50)) == 0
        assert store.put_many(GROUP, keys, {"x": -np.arange(50.0)}, np.arange(50) - 1) == 50
        assert store.get_many(GROUP, keys, ["x"]).values("x") == np.arange(50.0).tolist()
        assert (store.stats().entities, store.delete(GROUP, keys)) == (50, 50)
        server.kill()
        new = open_store(on(server, mode="cluster", timeout_s=5.0))
        for _ in range(2):
            assert store.get_many(GROUP, keys, ["y"]).is_failed.all()
            assert new.get_many(GROUP, keys, ["y"]).is_failed.all()
        assert store.counts().errors == new.counts().errors == {"unreachable": 2}


def test_sentinels_name_the_server(folder: Path, server: RedisServer, open_store: Callable[..., FeatureStore]) -> None:
    conf = folder / "sentinel.conf"
    conf.write_text(f"sentinel monitor shop 127.0.0.1 {server.port} 1\n")
    with redis_server(folder, conf=conf) as sentinel:
        store = filled(open_store(on(sentinel, mode="sentinel", master="shop", timeout_s=5.0)))
        assert store.get_many(GROUP, ["b"], ["x"]).values("x") == [2.0]
        unknown = open_store(on(sentinel, mode="sentinel", master="none", timeout_s=5.0))
        assert unknown.get_many(GROUP, ["b"], ["x"]).is_failed.all()
        assert unknown.counts().errors == {"unreachable": 1}


def test_statistics_tell_of_the_server(server: RedisServer, open_store: Callable[..., FeatureStore]) -> None:
    stats = filled(open_store(on(server, timeout_s=5.0))).stats()
    assert (stats.backend, stats.bytes_limit, stats.evicted) == ("redis", 0, 0)
    assert stats.entities >= 2
    assert stats.bytes_used > 100_000
    assert 50 <= stats.bytes_an_entity <= 20_000


def test_options_show_no_password() -> None:
    assert repr(RedisOptions(password="hunter2", user="me")) == "RedisOptions(localhost:6379, single)"
