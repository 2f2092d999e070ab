from __future__ import annotations

import numpy as np
import pytest

from conf.settings import EventSettings, FeatureSetSettings
from state.trackers.half_space_trees import HalfSpaceTreesSettings
from state.trackers.recent import RecentSettings
from state.trackers.robust_z import RobustZSettings
from state.trackers.seasonal import SeasonalSettings
from state.trackers.tracker import TrackerSpec
from udfs.features.errors import FeatureError
from udfs.features.feature_set import FeatureSet, compile_feature_set

EVENTS = EventSettings.model_validate(
    {
        "id": "id",
        "key": "id",
        "time": "at",
        "label": "odd",
        "fields": {
            "id": {"type": "long"},
            "at": {"type": "timestamp"},
            "machine": {"type": "string"},
            "heat": {"type": "double"},
            "load": {"type": "double"},
            "odd": {"type": "long", "required": False},
        },
    }
)


def compiled(*specs: dict[str, object]) -> FeatureSet:
    return compile_feature_set(FeatureSetSettings.model_validate({"name": "set", "specs": specs}), EVENTS)


def test_trackers_are_what_the_specs_ask_for() -> None:
    features = compiled(
        {"name": "z", "type": "robust_z", "source": "heat", "parameters": {"key": "machine", "history": 32}},
        {
            "name": "h",
            "type": "half_space_trees",
            "parameters": {"key": "machine", "sources": ["heat", "load"], "trees": 7, "height": 4, "window": 90},
        },
    )
    assert features.trackers == (
        TrackerSpec(("z",), "machine", ("heat",), RobustZSettings(32, 16, 20.0)),
        TrackerSpec(("h",), "machine", ("heat", "load"), HalfSpaceTreesSettings(7, 4, 90, 1)),
    )
    assert features.is_keyed
    assert features.windows == ()


def test_a_tracker_may_follow_a_window_s_column() -> None:
    mean = {"name": "mean", "type": "aggregation", "source": "heat"}
    features = compiled(
        {**mean, "parameters": {"function": "avg", "key": "machine", "window": "1h"}},
        {"name": "z", "type": "robust_z", "source": "mean", "parameters": {"key": "machine"}},
    )
    assert features.trackers[0].sources == ("mean",)


def test_answers_are_copied_and_gaps_filled() -> None:
    parameters = {"key": "machine", "empty": -1}
    features = compiled({"name": "z", "type": "robust_z", "source": "heat", "parameters": parameters})
    matrix = features.transform({"z": np.array([0.5, np.nan])})
    assert matrix.tolist() == [[0.5], [-1.0]]


def test_seasonal_forecast_has_three_columns_of_one_tracker() -> None:
    parameters = {"key": "machine", "step": "5m", "period": 288, "ahead": 12, "level": 0.3, "trend": 0, "season": 0.1}
    features = compiled({"name": "heat", "type": "seasonal", "parameters": parameters})
    settings = SeasonalSettings(300_000, 288, 12, 0.3, 0.0, 0.1)
    columns = ("heat_forecast", "heat_scale", "heat_error")
    assert features.trackers == (TrackerSpec(columns, "machine", ("heat",), settings),)
    assert features.columns == columns


def test_recent_numbers_have_a_column_each_and_end_with_a_session() -> None:
    parameters = {"key": "machine", "count": 3, "gap": "1500ms", "empty": -1}
    features = compiled({"name": "load", "type": "recent", "parameters": parameters})
    columns = ("load_1", "load_2", "load_3")
    assert features.trackers == (TrackerSpec(columns, "machine", ("load",), RecentSettings(3, 1500)),)
    assert features.columns == columns


def test_every_setting_changes_the_hash() -> None:
    base = {"key": "machine", "sources": ["heat"]}
    changes = ({}, {"trees": 3}, {"height": 3}, {"window": 3}, {"seed": 3}, {"sources": ["load"]}, {"empty": 0})
    hashes = {
        compiled({"name": "h", "type": "half_space_trees", "parameters": {**base, **change}}).hash for change in changes
    }
    assert len(hashes) == len(changes)


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"type": "robust_z", "source": "heat"}, "expected key: a text, got no parameters"),
        (
            {"type": "robust_z", "source": "heat", "parameters": {"key": "heat"}},
            "expected a column of type string|long|boolean, got 'heat' of type double",
        ),
        (
            {"type": "robust_z", "source": "heat", "parameters": {"key": "machine", "history": 8, "least": 9}},
            "expected least: a whole number in 2..8, got 9",
        ),
        (
            {"type": "robust_z", "source": "heat", "parameters": {"key": "machine", "limit": 0}},
            "expected limit: a number > 0, got 0; 20 keeps",
        ),
        (
            {"type": "robust_z", "source": "odd", "parameters": {"key": "machine"}},
            "expected no label among what it reads, got 'odd'",
        ),
        (
            {"type": "seasonal", "source": "heat", "parameters": {"key": "machine", "step": "0s", "period": 4}},
            "expected step: 1s or more, got '0s'; name the time between",
        ),
        (
            {
                "type": "seasonal",
                "source": "heat",
                "parameters": {"key": "machine", "step": "1h", "period": 4, "level": 0},
            },
            "expected level: a weight from over 0 to below 1, got 0; 0.1 is usual",
        ),
        (
            {
                "type": "seasonal",
                "source": "heat",
                "parameters": {"key": "machine", "step": "1h", "period": 4, "trend": 1},
            },
            "expected trend: a weight from 0 to below 1, got 1; 0.01 is usual",
        ),
        (
            {"type": "recent", "source": "heat", "parameters": {"key": "machine", "gap": "0s"}},
            "expected gap: over 0s, got '0s'; leave it out",
        ),
        (
            {"type": "recent", "source": "heat", "parameters": {"key": "machine", "count": 65}},
            "expected count: a whole number in 1..64, got 65",
        ),
        (
            {"type": "half_space_trees", "parameters": {"key": "machine", "sources": ["heat", "heat"]}},
            "expected sources: each number once, got ['heat', 'heat']; drop the repeated one",
        ),
        (
            {"type": "half_space_trees", "output": "load", "parameters": {"key": "machine", "sources": ["heat"]}},
            "expected an output of its own, got 'load', which is an event field",
        ),
    ],
    ids=["no-key", "number-key", "least", "limit", "label", "step", "level", "trend", "gap", "count", "twice", "taken"],
)
def test_wrong_specs_are_refused(spec: dict[str, object], problem: str) -> None:
    with pytest.raises(FeatureError) as refused:
        compiled({"name": "x", **spec})
    assert problem in str(refused.value)
