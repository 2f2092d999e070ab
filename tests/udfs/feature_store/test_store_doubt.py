"""Somebody who starts a job without its store is told so."""

from __future__ import annotations

from typing import Any

import pytest

from conf.settings import FeatureStoreSettings, JobSettings
from tests.support.redis_server import RedisServer
from udfs.feature_store.store_doubt import store_doubt

AWAY = {"enabled": True, "backend": "redis", "redis_addr": "127.0.0.1:1", "retries": 0}
PUBLISH = [{"entity": "card"}]
STORED = {"entity": "card", "feature_set": "abc"}


def doubt(parameters: dict[str, Any] | None, **values: Any) -> str | None:
    specs = [{"name": "amount", "type": "numerical"}]
    if parameters is not None:
        specs.append({"name": "spent", "type": "lookup", "source": "card", "parameters": parameters})
    job = JobSettings.model_validate(
        {
            "name": "shop",
            "events": {
                "id": "order",
                "key": "card",
                "time": "at",
                "fields": {
                    "order": {"type": "long"},
                    "card": {"type": "string"},
                    "at": {"type": "timestamp"},
                    "amount": {"type": "double"},
                },
            },
            "features": {"name": "shop", "specs": specs},
            "inference": {"model_name": "shop"},
        }
    )
    return store_doubt(FeatureStoreSettings.model_validate(values), job)


@pytest.mark.parametrize(
    ("parameters", "more", "text"),
    [
        (STORED, {}, "what is looked up there takes its default until it does"),
        (None, {"publish": PUBLISH}, "the job waits with its predictions until it does"),
        (None, {"publish": PUBLISH, "on_full": "drop"}, "what the job publishes is dropped until it does"),
        (
            STORED,
            {"publish": PUBLISH},
            "what is looked up there takes its default until it does, and the job waits with its predictions until it "
            "does",
        ),
    ],
    ids=["looks up", "publishes", "drops", "both"],
)
def test_a_store_that_is_away_is_told_with_what_follows(
    parameters: dict[str, Any] | None, more: dict[str, Any], text: str
) -> None:
    assert doubt(parameters, **AWAY, **more) == (
        f"feature store: redis at 127.0.0.1:1 gives no answer (unreachable); {text}"
    )


@pytest.mark.parametrize(
    ("parameters", "values"),
    [
        (None, AWAY),
        ({"table": {"a": 1}}, AWAY),
        (STORED, {**AWAY, "enabled": False, "publish": PUBLISH}),
        (STORED, {"enabled": True, "publish": PUBLISH}),
    ],
    ids=["asks for nothing", "asks a table", "not enabled", "in memory"],
)
def test_a_store_that_is_not_asked_is_not_missed(parameters: dict[str, Any] | None, values: dict[str, Any]) -> None:
    assert doubt(parameters, **values) is None


def test_a_store_that_answers_is_no_doubt_and_a_wrong_password_is(server: RedisServer) -> None:
    there = {**AWAY, "redis_addr": f"127.0.0.1:{server.port}", "timeout": "10s"}
    assert doubt(STORED, **there) is None
    wrong = doubt(STORED, **there, redis_user="nobody", redis_password="guess")
    assert wrong is not None
    assert "gives no answer (access); " in wrong
