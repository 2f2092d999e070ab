from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.job_settings import MakeSettings
from udfs.columns.coded import Coded, objects
from udfs.columns.repeated import repeated
from udfs.functions.prediction_texts import PredictionTexts, block


def columns(**changed: Any) -> dict[str, Any]:
    """Two predictions of the job in `make_settings`."""
    return rows_of(2) | changed


def rows_of(size: int) -> dict[str, Any]:
    return {
        "id": np.arange(size),
        "at": np.full(size, 1_522_540_831_500),
        "card": np.full(size, "c", dtype=object),
        "__prediction": np.full(size, 0.25),
        "__label": repeated(None, size),
        "__scores": repeated(None, size),
        "__model": repeated("m", size),
        "__version": repeated("1.0.0", size),
        "__checksum": repeated("abc", size),
        "__feature_set": repeated("def", size),
        "__status": repeated("ok", size),
        "__status_reason": repeated(None, size),
        "__latency_us": np.full(size, 7),
    }


@pytest.fixture
def texts(make_settings: MakeSettings) -> PredictionTexts:
    job = make_settings().job
    assert job is not None
    return PredictionTexts(job)


def with_events(texts: PredictionTexts, **changed: str) -> PredictionTexts:
    events = texts.job.events.model_copy(update=changed)
    return PredictionTexts(texts.job.model_copy(update={"events": events}))


def test_row_has_the_names_and_order_of_the_table_and_leaves_out_what_is_absent(texts: PredictionTexts) -> None:
    assert texts.write(columns())[1].as_py() == (
        '{"event_id":1,"event_time":"2018-04-01T00:00:31.5Z","key":"c","prediction":0.25,"model":"m",'
        '"version":"1.0.0","checksum":"abc","feature_set":"def","status":"ok","latency_us":7}'
    )


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (1_522_540_800_000, "2018-04-01T00:00:00Z"),
        (1_522_540_800_120, "2018-04-01T00:00:00.12Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_time_ends_with_its_last_digit_that_says_something(ms: int, text: str, texts: PredictionTexts) -> None:
    assert json.loads(texts.write(columns(at=np.full(2, ms)))[0].as_py())["event_time"] == text


@given(key=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_key_is_read_back_as_it_was(key: str) -> None:
    from udfs.functions.prediction_texts import _quoted

    found = _quoted(np.array([key, "plain"], dtype=object))
    assert not isinstance(found, str)
    texts = [found.before + text.as_py() + found.after for text in found.texts]
    assert [json.loads(text) for text in texts] == [key, "plain"]
    assert "\n" not in texts[0]


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_is_read_back_as_it_was(number: float) -> None:
    from udfs.functions.prediction_texts import _number

    found = json.loads(_number(np.array([number, 0.5])).texts[0].as_py())
    assert type(found) is float
    assert found == number


def test_labels_and_scores_are_left_out_row_by_row(texts: PredictionTexts) -> None:
    labels = np.array(["yes", None], dtype=object)
    scores = np.empty(2, dtype=object)
    scores[:] = [np.array([0.25, 1.0]), None]
    first, second = (json.loads(text.as_py()) for text in texts.write(columns(__label=labels, __scores=scores)))
    assert (first["label"], first["scores"]) == ("yes", [0.25, 1.0])
    assert "label" not in second
    assert "scores" not in second


def test_truth_is_the_label_field(texts: PredictionTexts) -> None:
    rows = with_events(texts, label="size").write(columns(size=np.array([1.0, np.nan])))
    assert ['"truth":1.0}' in text.as_py() for text in rows] == [True, False]


def test_fields_come_last_and_keep_their_types(texts: PredictionTexts) -> None:
    sink = texts.job.sink.model_copy(update={"fields": ("is_new", "at", "amount", "size", "card", "id")})
    given = columns(
        id=np.array([2**53 + 1, 5]),
        amount=np.array([12.3, 100.0]),
        size=np.array([0.1, np.nan]),
        is_new=np.array([np.nan, 1.0]),
    )
    first, second = PredictionTexts(texts.job.model_copy(update={"sink": sink})).write(given)
    at = '"at":"2018-04-01T00:00:31.5Z"'
    assert first.as_py().endswith(f'"latency_us":7,{at},"amount":12.30,"size":0.1,"card":"c","id":9007199254740993}}')
    assert second.as_py().endswith(f'"latency_us":7,"is_new":true,{at},"amount":100.00,"card":"c","id":5}}')


@pytest.mark.parametrize("scale", [0, 2, 9])
@given(units=st.integers(-(10**15) + 1, 10**15 - 1))
def test_any_decimal_of_15_digits_is_read_back_as_it_was(scale: int, units: int) -> None:
    from udfs.functions.prediction_texts import _decimal

    wanted = Decimal(units).scaleb(-scale)
    text = _decimal(scale, np.array([float(wanted), 0.0])).texts[0].as_py()
    assert Decimal(text) == wanted
    assert text == f"{wanted:f}"


def test_id_that_is_text_stays_text(texts: PredictionTexts) -> None:
    assert with_events(texts, id="card").write(columns())[1].as_py().startswith('{"event_id":"c",')


def test_key_that_is_a_fraction_is_left_to_sql(texts: PredictionTexts) -> None:
    assert texts.fits
    assert with_events(texts, id="amount").fits
    assert not with_events(texts, key="amount").fits


def test_no_rows_make_no_block() -> None:
    assert block(pa.array([], pa.string())) is None


@pytest.mark.parametrize("keys", [["a", "b"], ["a", None], [None, None], ['q"', "ü"]], ids=str)
def test_a_block_is_the_rows_as_lines(keys: list[str | None], texts: PredictionTexts) -> None:
    given = columns(card=np.array(keys, dtype=object), __latency_us=np.array([7, 8]))
    rows = texts.write(given)
    assert [json.loads(row.as_py()).get("key") for row in rows] == keys
    lines = texts.write(given, end="\n")
    assert block(lines) == "\n".join(rows.to_pylist()).encode()
    assert block(lines.slice(1)) == rows[1].as_py().encode()


CODED = {
    "__version": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    "__checksum": st.none() | st.text(max_size=2),
    "__experiment": st.none() | st.sampled_from(["test", 'q"', "\n", "ü"]),
    "__variant": st.none() | st.sampled_from(["a", "b"]),
    "__propensity": st.just(np.nan) | st.floats(0, 1),
}
"""Columns that may be coded, and their values."""


def test_small_numbers_have_one_text(texts: PredictionTexts) -> None:
    small = (2.4921464954284403e-06, 1.0)
    columns = Coded(np.array([0, 1], np.int8), small), np.array(small), repeated(small[0], 2)
    lines = [texts.write({**rows_of(2), "__propensity": column}).to_pylist() for column in columns]
    assert lines[0] == lines[1]
    assert lines[2][0] == lines[1][0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_lines_of_coded_columns_are_those_of_plain_ones(data: st.DataObject, texts: PredictionTexts) -> None:
    size = data.draw(st.integers(1, 6))
    shared = np.array(data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)), np.int8)
    coded: dict[str, Any] = {}
    for name in data.draw(st.lists(st.sampled_from(list(CODED)), unique=True, min_size=1)):
        # Codes are those of other columns or its own, and so is the number of its values.
        codes = shared if data.draw(st.booleans()) else shared[::-1].copy()
        coded[name] = Coded(codes, tuple(data.draw(st.lists(CODED[name], min_size=2, max_size=3))))
    given_columns = rows_of(size)
    plain = {
        name: objects(list(column)) if name != "__propensity" else np.array(list(column), np.float64)
        for name, column in coded.items()
    }
    found, wanted = texts.write({**given_columns, **coded}), texts.write({**given_columns, **plain})
    assert found.to_pylist() == wanted.to_pylist()
