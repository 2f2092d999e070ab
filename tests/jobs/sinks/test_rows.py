"""SQL of the rows that a job writes, and what follows from one more line in their table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from conf.loading.loader import load_settings
from conf.settings import FieldSettings, JobSettings, SinkSettings
from docs.tables.rows import prediction_columns
from gress.report.reading.predictions import find_score_column
from jobs.catalogue import default_config
from jobs.flink.sql import View
from jobs.pipeline.scoring import columns_through_windows, is_written_by_workers
from jobs.run_folder.parquet import convert_json_parts
from jobs.run_folder.summary import summarise
from jobs.sinks.rows import expressions, sql_columns
from jobs.sources.kafka import RECORD_COLUMNS
from tests.support.planted_column import planted
from udfs.functions.parse_lines import LINE
from udfs.row_columns import Column, RecordColumn
from udfs.rows import DEAD_LETTER, PREDICTION, prediction_row, predictions_of, record_columns, step_columns

HEADERS = Column("planted", "STRING", RecordColumn("__headers"), "Headers of the Kafka record, as JSON.")
FROM_FILES = View("scored", step_columns((*PREDICTION, *DEAD_LETTER)))
FROM_KAFKA = View("scored", (*FROM_FILES.columns, *RECORD_COLUMNS))


@pytest.fixture(scope="module")
def job() -> JobSettings:
    job = load_settings(default_config("fraud-detection"), environ={}).job
    assert job is not None
    return job


def test_dead_letter_has_the_columns_of_its_record_under_their_own_names(job: JobSettings) -> None:
    given = {"value": "`__line`", "category": "'c'", "operator": "'o'", "encoding": "'e'"}
    filled = expressions(DEAD_LETTER, FROM_KAFKA, job.events, given)
    found = dict(zip([column.name for column in DEAD_LETTER], filled, strict=True))
    for name in ("headers", "partition", "offset", "metadata"):
        assert found[name] == f"`__{name}`"
    assert found["key"] == "COALESCE(CAST(`CUSTOMER_ID` AS STRING), `__key`)"
    assert (found["value"], found["category"], found["operator"]) == ("`__line`", "'c'", "'o'")
    assert (found["retry_count"], found["reason"]) == ("0", "`__dead_letter_reason`")


def test_id_and_carried_fields_have_the_types_of_the_event(job: JobSettings) -> None:
    fields = job.events.fields | {
        name: FieldSettings(type=kind) for name, kind in (("flag", "boolean"), ("shop", "string"), ("lat", "double"))
    }
    more = {
        "events": job.events.model_copy(update={"fields": fields}),
        "sink": SinkSettings(fields=("TX_AMOUNT", "flag", "shop", "lat", "TX_DATETIME", "TX_FRAUD")),
    }
    carrying = job.model_copy(update=more)
    columns = predictions_of(carrying)
    found = dict(zip(sql_columns(columns), expressions(columns, FROM_FILES, carrying.events), strict=True))
    assert next(iter(found.items())) == (("event_id", "BIGINT"), "CAST(`TRANSACTION_ID` AS BIGINT)")
    assert [column.name for column in columns[1:-6]] == [column.name for column in PREDICTION[1:]]
    assert list(found.items())[-6:] == [
        (("TX_AMOUNT", "DECIMAL(38, 2)"), "CAST(`TX_AMOUNT` AS DECIMAL(38, 2))"),
        (("flag", "BOOLEAN"), "`flag` = 1"),
        (("shop", "STRING"), "CAST(`shop` AS STRING)"),
        (("lat", "DOUBLE"), "CAST(`lat` AS DOUBLE)"),
        (("TX_DATETIME", "TIMESTAMP_LTZ(3)"), "TO_TIMESTAMP_LTZ(`TX_DATETIME`, 3)"),
        (("TX_FRAUD", "BIGINT"), "CAST(`TX_FRAUD` AS BIGINT)"),
    ]


@pytest.fixture
def with_headers() -> Iterator[None]:
    """The headers of the record as a column of predictions."""
    with planted(HEADERS):
        yield


def test_prediction_is_made_of_event_fields_and_what_scoring_adds(job: JobSettings) -> None:
    found = dict(zip(sql_columns(PREDICTION), expressions(PREDICTION, FROM_FILES, job.events), strict=True))
    assert found[("event_id", "STRING")] == "CAST(`TRANSACTION_ID` AS STRING)"
    assert found[("event_time", "TIMESTAMP_LTZ(3)")] == "TO_TIMESTAMP_LTZ(`TX_DATETIME`, 3)"
    assert found[("prediction", "DOUBLE")] == "`__prediction`"
    assert found[("scores", "ARRAY<DOUBLE>")] == "CASE WHEN CARDINALITY(`__scores`) > 0 THEN `__scores` END"
    assert found[("reason", "STRING")] == "`__status_reason`"
    assert found[("variant", "STRING")] == "CAST(NULL AS STRING)"
    assert found[("truth", "DOUBLE")] == "CAST(`TX_FRAUD` AS DOUBLE)"


def test_outcome_is_null_where_events_have_no_label(job: JobSettings) -> None:
    events = job.events.model_copy(update={"label": None})
    found = dict(zip(sql_columns(PREDICTION), expressions(PREDICTION, FROM_FILES, events), strict=True))
    assert found[("truth", "DOUBLE")] == "CAST(NULL AS DOUBLE)"


def test_dead_letter_has_what_the_record_carried(job: JobSettings) -> None:
    given = {"value": "`__line`", "category": "'parse'", "operator": "'j/parse'", "encoding": "'e'"}
    names = [column.name for column in DEAD_LETTER]
    kafka, files = (
        dict(zip(names, expressions(DEAD_LETTER, view, job.events, given), strict=True))
        for view in (FROM_KAFKA, FROM_FILES)
    )
    assert (kafka["value"], kafka["category"], kafka["operator"]) == ("`__line`", "'parse'", "'j/parse'")
    assert (kafka["headers"], files["headers"]) == ("`__headers`", "CAST(NULL AS STRING)")
    assert kafka["key"] == "COALESCE(CAST(`CUSTOMER_ID` AS STRING), `__key`)"
    assert files["key"] == "COALESCE(CAST(`CUSTOMER_ID` AS STRING), CAST(NULL AS STRING))"


def test_records_have_what_rows_read_of_them() -> None:
    kinds = {column.source.name: column.kind for column in DEAD_LETTER if isinstance(column.source, RecordColumn)}
    assert kinds.items() <= dict(RECORD_COLUMNS).items()
    assert set(record_columns(PREDICTION)) <= set(dict(RECORD_COLUMNS))


@pytest.mark.usefixtures("with_headers")
def test_header_that_predictions_carry_is_read_from_the_record(job: JobSettings) -> None:
    row = prediction_row()
    assert sql_columns(row)[-1] == ("planted", "STRING")
    assert expressions(row, FROM_KAFKA, job.events)[-1] == "`__headers`"
    assert expressions(row, FROM_FILES, job.events)[-1] == "CAST(NULL AS STRING)"


def test_header_passes_the_windows_where_predictions_carry_it() -> None:
    assert {"__partition", "__offset"} <= set(columns_through_windows())
    with planted(HEADERS):
        assert "__headers" in columns_through_windows()


def test_workers_write_no_predictions_that_carry_a_header(job: JobSettings) -> None:
    files, kafka = View("lines", LINE), View("lines", (*LINE, *RECORD_COLUMNS))
    assert is_written_by_workers(job, kafka)
    with planted(HEADERS):
        assert is_written_by_workers(job, files)
        assert not is_written_by_workers(job, kafka)


@pytest.mark.usefixtures("with_headers")
def test_header_comes_out_in_parquet_and_is_not_taken_for_the_score(tmp_path: Path) -> None:
    row = {"event_id": "7", "risk": 0.25, "version": "1.0.0", "planted": '{"trace":"a"}'}
    (tmp_path / "predictions").mkdir()
    (tmp_path / "dead_letters").mkdir()
    (tmp_path / "predictions" / "part-0").write_bytes(orjson.dumps(row) + b"\n")
    assert find_score_column(tmp_path) == "risk"
    assert summarise(tmp_path, job="j", events=1, seconds=1.0, output_field="risk").adds_up
    convert_json_parts(tmp_path, prediction_row("risk"))
    table = pq.read_table(tmp_path / "predictions.parquet")
    assert table.column_names == [column.name for column in prediction_row("risk")]
    assert table["planted"].to_pylist() == ['{"trace":"a"}']


@pytest.mark.usefixtures("with_headers")
def test_documentation_has_a_line_for_each_column() -> None:
    *_, last = lines = prediction_columns().splitlines()
    assert len(lines) == 2 + len(prediction_row())
    assert last == "| `planted` | `STRING` | Headers of the Kafka record, as JSON. |"
