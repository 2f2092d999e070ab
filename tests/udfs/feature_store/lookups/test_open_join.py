from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from conf.settings import FeatureStoreSettings, Settings
from state.feature_store.group import Group
from tests.support.job_settings import SPECS, MakeSettings
from tests.support.lookup_specs import INPUTS, LOOKUPS, WITHOUT_STORE, fill, rows
from tests.support.redis_server import RedisServer
from tests.support.tiny_models import linear
from udfs.feature_store.lookups.open_join import lookup_problems, open_join
from udfs.feature_store.open_store import open_store
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.score_columns import ScoreColumns


def features_of(settings: Settings) -> FeatureSet:
    assert settings.job is not None
    return compile_feature_set(settings.job.features, settings.job.events)


def on(server: RedisServer, **more: Any) -> dict[str, Any]:
    address = f"127.0.0.1:{server.port}"
    return {
        "enabled": True,
        "backend": "redis",
        "redis_addr": address,
        "timeout": "5s",
        "retries": 0,
        "cache_ttl": "1h",
        **more,
    }


def scored(settings: Settings, *batches: dict[str, Any]) -> list[np.ndarray[Any, Any]]:
    assert settings.job is not None
    function: ScoreColumns = pickle.loads(pickle.dumps(ScoreColumns(settings.job, settings.ml)))
    function.open()
    found = [np.array(function.run(batch)["__prediction"], np.float64) for batch in batches]
    function.close()
    return found


def test_the_operator_scores_with_what_the_store_knows(server: RedisServer, make_settings: MakeSettings) -> None:
    settings = make_settings(specs=LOOKUPS, ml={"feature_store": on(server)})
    with open_store(settings.ml.feature_store) as store:
        fill(store)
    server.forget_counts()
    for found in scored(settings, rows(), rows()):
        np.testing.assert_allclose(found, linear(INPUTS), rtol=1e-6)
    # Three cards and four orders were asked for once, though two batches name them.
    assert server.ask("commandstats")["cmdstat_hmget"]["calls"] == 7


def test_a_feature_that_is_looked_up_can_be_published(server: RedisServer, make_settings: MakeSettings) -> None:
    publish = [{"entity": "shop", "key": "id", "features": ["weight"]}]
    settings = make_settings(specs=LOOKUPS, ml={"feature_store": on(server, publish=publish)})
    with open_store(settings.ml.feature_store) as store:
        fill(store)
        scored(settings, rows())
        found = store.get_many(Group("shop", features_of(settings).hash), ["7", "1"], ["weight"])
    assert found.values("weight") == [4.0, -1.0]


def test_an_outage_scores_with_defaults(server: RedisServer, make_settings: MakeSettings) -> None:
    away = {"enabled": True, "backend": "redis", "redis_addr": "127.0.0.1:1", "retries": 0}
    (found,) = scored(make_settings(specs=LOOKUPS, ml={"feature_store": away}), rows())
    np.testing.assert_allclose(found, linear(WITHOUT_STORE), rtol=1e-6)


def test_age_limits_of_the_store_count_for_every_value(make_settings: MakeSettings) -> None:
    store = FeatureStoreSettings.model_validate({"enabled": True, "ttl": "500ms", "ttl_on": "event"})
    join = open_join(store, features_of(make_settings(specs=LOOKUPS)))
    assert join is not None
    with open_store(store) as opened:
        fill(opened)
    old = join.join(rows(at_ms=10_501))
    assert old["ml.feature_store/size"].tolist() == [3.0] * 4
    assert join.join(rows(at_ms=9_499))["ml.feature_store/weight"].tolist() == [-1.0, -1.0, -1.0, 4.0]


def test_nothing_is_opened_where_nothing_is_looked_up(make_settings: MakeSettings) -> None:
    features = features_of(make_settings(specs=SPECS))
    assert open_join(FeatureStoreSettings(), features) is None
    assert list(lookup_problems(FeatureStoreSettings(), features)) == []


def test_a_store_that_is_off_is_refused(make_settings: MakeSettings) -> None:
    features = features_of(make_settings(specs=LOOKUPS))
    with pytest.raises(FeatureError, match=r"ml.feature_store.enabled: expected true, as 'size', 'weight' are looked "):
        open_join(FeatureStoreSettings(), features)


def test_what_a_worker_cannot_look_up_is_told_before_the_run(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = features_of(make_settings(specs=LOOKUPS[:2]))

    def problems(**store: Any) -> list[str]:
        settings = FeatureStoreSettings.model_validate(store)
        return [str(problem) for problem in lookup_problems(settings, features)]

    (off,) = problems()
    assert off.startswith("ml.feature_store.enabled: expected true, as 'size' is looked up, got false; set it")
    (own,) = problems(enabled=True)
    assert own.startswith("ml.feature_store.backend: expected redis, where 'size' is looked up, got 'memory', which")
    assert problems(enabled=True, backend="redis") == []
    monkeypatch.setattr("udfs.feature_store.lookups.open_join.find_spec", lambda name: None)
    (package,) = problems(enabled=True, backend="redis")
    assert "pip install 'gress-ml[redis]'" in package


def test_features_without_answers_of_the_store_are_refused(make_settings: MakeSettings) -> None:
    with pytest.raises(FeatureError, match="expected the answers of the feature store for 'size', 'weight', got none"):
        features_of(make_settings(specs=LOOKUPS)).transform(rows())
