"""Dead letters of records that fill a record of Kafka: the query in DuckDB, whose text functions are Flink's."""

from __future__ import annotations

import hashlib

import duckdb
import orjson
import pytest

from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.flink.sql import View
from jobs.sinks.dead_letters import letters_query
from udfs.rows import DEAD_LETTER, step_columns

RECORD = 1_048_576
TEXTS = ("__key", "__headers", "__metadata", "__fields")


def letter(text: str) -> dict[str, object]:
    """The dead letter of a row past the windows whose texts are all this one."""
    job = load_settings(default_config("fraud-detection"), environ={}).job
    assert job is not None
    events = job.events.model_copy(update={"key": "card"})
    columns = (*step_columns(DEAD_LETTER), *((name, "STRING") for name in TEXTS), ("card", "STRING"))
    query = letters_query(View("letters", columns), events, "j/score", value="`__fields`")
    with duckdb.connect() as database:
        database.execute("CREATE MACRO TO_TIMESTAMP_LTZ(time_ms, digits) AS make_timestamp(time_ms * 1000)")
        database.execute("CREATE MACRO CHAR_LENGTH(value) AS length(value)")
        filled = ", ".join(f'? AS "{name}"' for name, _ in columns)
        values = [text if name in (*TEXTS, "card") else "late" for name, _ in columns]
        database.execute(f'CREATE TABLE letters AS SELECT {filled}, 0 AS "{events.time}"', values)
        found = database.execute(query.replace("`", '"'))
        row = found.fetchone()
    assert row is not None
    return dict(zip((column.name for column in DEAD_LETTER), row, strict=True))


@pytest.mark.parametrize("character", ["\x01", "\N{GRINNING FACE}"], ids=["control characters", "wide characters"])
def test_texts_that_the_sender_chose_leave_room_in_the_record(character: str) -> None:
    text = character * 250_000
    found = letter(text)
    record = orjson.dumps(found, default=str)
    # The key is the record's, too.
    assert len(record) + len(str(found["key"]).encode()) < RECORD
    said = f"... of {len(text)} characters of sha256 {hashlib.sha256(text.encode()).hexdigest()}"
    assert found["key"] == found["metadata"] == found["headers"] == text[:8192] + said
    assert found["value"] == text[:80_000] + said


def test_short_texts_are_whole() -> None:
    found = letter("abc")
    assert [found[name] for name in ("key", "headers", "metadata", "value")] == ["abc"] * 4
