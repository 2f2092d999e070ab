"""Labels of lines, dealt out by the shards of their ids."""

from __future__ import annotations

import json

from conf.settings import EventSettings
from tests.support.lines import line_column
from udfs.labels.pack_labels import PackLabels
from udfs.parsing.lines import JsonLines

EVENTS = EventSettings.model_validate(
    {
        **{"id": "id", "key": "id", "time": "at", "label": "truth"},
        "fields": {"id": {"type": "string"}, "at": {"type": "timestamp"}, "truth": {"type": "long"}},
    }
)


def test_label_whose_id_fills_a_record_is_a_dead_letter() -> None:
    """A label without a prediction goes into a topic with its id."""
    function = PackLabels(EVENTS, JsonLines(EVENTS.fields), (7, -3))
    function.open()
    lines = [json.dumps({"id": "i" * length, "at": 1, "truth": 1}) for length in (32_768, 32_769)]
    found = function.run({"__line": line_column(lines)})
    assert list(found["__dead_letter_error"]) == [None, "field 'id': expected at most 32768 characters, got 32769"]
