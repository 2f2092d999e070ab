"""Columns of an export."""

from __future__ import annotations

from conf.settings import JobSettings
from jobs.pipeline.scoring import feature_columns

JOB = {
    "name": "orders",
    "events": {
        "id": "order",
        "key": "order",
        "time": "at",
        "fields": {
            "order": {"type": "long"},
            "at": {"type": "timestamp"},
            "items": {"type": "long"},
            "country": {"type": "string"},
        },
    },
    "features": {
        "name": "orders",
        "specs": [
            {"name": "items", "type": "numerical"},
            {"name": "country", "type": "categorical", "parameters": {"vocabulary": ["DE", "FR"]}},
            {"name": "items_log", "type": "log", "source": "items"},
        ],
    },
    "inference": {"model_name": "returns"},
}


def test_feature_named_like_a_field_has_the_type_of_a_feature_in_the_fields_place() -> None:
    columns = feature_columns(JobSettings.model_validate(JOB))
    assert [name for name, _ in columns] == ["order", "at", "items", "country", "items_log"]
    kinds = dict(columns)
    assert kinds["order"] == "BIGINT"
    assert kinds["items"] == kinds["country"] == kinds["items_log"] == "DOUBLE"
