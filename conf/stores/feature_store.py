"""Settings of the feature store (`ml.feature_store`)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from conf.stores.publish import PublishSettings
from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs, PositiveDurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Flag, Name, Whole, matching

_PORT = r"(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_ONE = rf"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):{_PORT}"

Addresses = Annotated[str, matching(rf"{_ONE}(,{_ONE})*", "host:port, with a port from 1 to 65535")]
"""Address of a server, or several with commas between them."""


class FeatureStoreSettings(FrozenSettings):
    """Store of features by entity, which one job writes and others look up.

    Attributes:
        enabled: let jobs use the store; default false.
        backend: place of the values: ``memory`` (default) of each process, or ``redis``.
        ttl_ms: how long a value is used; YAML ``ttl``, default 5m.
        ttl_on: ``write`` (default): an entity ends this long after its last write. ``event``: a value that is older
            than the row that asks, in event time, counts as missing.
        retention_ms: how long an entity is kept after its last write with ``ttl_on: event``, where the server cannot
            know how far events are; YAML ``retention``, default 1d.
        redis_addr: ``host:port``; default ``localhost:6379``. Of a cluster some nodes, of sentinels each, with commas
            between them.
        redis_db: number of the database, >= 0; default 0.
        redis_mode: ``single`` server (default), ``cluster``, or ``sentinel``.
        redis_master: name under which sentinels know the server; default ``mymaster``.
        redis_user: name of the user; default: the server's default user.
        redis_password: of the user, as ``${NAME}`` from the environment; default none.
        redis_tls: encrypt connections, and check the server's certificate; default false.
        redis_ca: file of certificates that may vouch for the server; default: those that the machine trusts.
        redis_cert: file with a certificate of ours, where the server asks for one; default none.
        redis_cert_key: file with its key; default none.
        timeout_ms: longest wait for a connection, and for each answer; YAML ``timeout``, default 250ms.
        retries: tries after the first, >= 0, 100 ms and more apart; default 3.
        breaker_failures: failed tries in a row that open the circuit breaker, >= 1; default 5.
        breaker_open_ms: how long the breaker leaves the server alone before it tries again; YAML ``breaker_open``,
            default 10s.
        cache_size: most entities that a process caches of each table, >= 0; default 10000, 0 = none.
        cache_ttl_ms: how long it uses them without asking; YAML ``cache_ttl``, default 1s.
        on_error: where the store does not answer: ``default`` (default), or ``stale`` = what the cache still has,
            however old.
        publish: features that jobs write into the store; default none.
        on_full: where the store takes rows slower than the job makes them, or does not answer: ``wait`` (default)
            until it has them, which holds up the job, or ``drop`` what comes while 100,000 rows wait, and count it.
    """

    enabled: Flag = False
    backend: Literal["memory", "redis"] = "memory"
    ttl_ms: PositiveDurationMs = Field(default=300_000, alias="ttl")
    ttl_on: Literal["write", "event"] = "write"
    retention_ms: PositiveDurationMs = Field(default=86_400_000, alias="retention")
    redis_addr: Addresses = "localhost:6379"
    redis_db: Whole = Field(default=0, ge=0)
    redis_mode: Literal["single", "cluster", "sentinel"] = "single"
    redis_master: Name = "mymaster"
    redis_user: Name | None = None
    redis_password: Name | None = None
    redis_tls: Flag = False
    redis_ca: Name | None = None
    redis_cert: Name | None = None
    redis_cert_key: Name | None = None
    timeout_ms: PositiveDurationMs = Field(default=250, alias="timeout")
    retries: Whole = Field(default=3, ge=0)
    breaker_failures: Whole = Field(default=5, ge=1)
    breaker_open_ms: PositiveDurationMs = Field(default=10_000, alias="breaker_open")
    cache_size: Whole = Field(default=10_000, ge=0)
    cache_ttl_ms: DurationMs = Field(default=1_000, alias="cache_ttl")
    on_error: Literal["default", "stale"] = "default"
    publish: tuple[PublishSettings, ...] = ()
    on_full: Literal["wait", "drop"] = "wait"

    @model_validator(mode="after")
    def _redis_fits_its_mode(self) -> Self:
        if self.redis_mode == "single" and "," in self.redis_addr:
            raise validation_error(Refusal("one host:port", ("redis_addr",), "set redis_mode for several"))
        if self.redis_mode == "cluster" and self.redis_db:
            raise validation_error(Refusal("0, the only database of a cluster", ("redis_db",)))
        files = ("redis_ca", "redis_cert", "redis_cert_key")
        without_tls = [Refusal("redis_tls: true beside it", (name,)) for name in files if getattr(self, name)]
        if without_tls and not self.redis_tls:
            raise validation_error(*without_tls)
        if (self.redis_cert is None) != (self.redis_cert_key is None):
            missing = "redis_cert" if self.redis_cert is None else "redis_cert_key"
            raise validation_error(Refusal("a certificate and its key together", (missing,)))
        return self

    @model_validator(mode="after")
    def _published_entities_are_unique(self) -> Self:
        entities = [each.entity for each in self.publish]
        refusals = [
            Refusal("an entity that no earlier entry has", ("publish", index, "entity"), "list all its features there")
            for index, entity in enumerate(entities)
            if entity in entities[:index]
        ]
        if refusals:
            raise validation_error(*refusals)
        return self
