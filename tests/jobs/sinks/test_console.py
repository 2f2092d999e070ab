from __future__ import annotations

from jobs.flink.sql import View
from jobs.sinks.console import json_text


def test_row_is_json_under_the_names_of_its_columns() -> None:
    rows = View("rows", (("event_id", "BIGINT"), ("order", "STRING")))
    assert json_text(rows) == (
        "SELECT JSON_OBJECT(KEY 'event_id' VALUE `event_id`, KEY 'order' VALUE `order` ABSENT ON NULL) FROM `rows`"
    )
