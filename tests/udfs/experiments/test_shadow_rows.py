from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from udfs.columns.coded import objects
from udfs.experiments.shadow_rows import ShadowRows, joined_rows, read_rows

KINDS = (("number", "BIGINT"), ("size", "DOUBLE"), ("text", "STRING"))
WHOLE = st.integers(-(2**63), 2**63 - 1)
FIELDS = {
    "BIGINT": st.none() | WHOLE,
    "DOUBLE": st.just(np.nan) | st.floats(allow_nan=False, allow_infinity=False),
    # Half a character, too, which neither JSON nor Arrow can write.
    "STRING": st.none() | st.text(max_size=4) | st.just("\ud800") | st.just(""),
}
ANSWER = st.tuples(
    st.integers(0, 40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.text(max_size=4),
    st.text(max_size=4),
)
FLOATS = st.floats(width=32)


@st.composite
def rows(draw: st.DrawFn) -> ShadowRows:
    size, width = draw(st.just(1) | st.integers(2, 6)), draw(st.integers(0, 3))
    kinds = tuple(draw(st.lists(st.sampled_from(KINDS), unique=True)))
    arms, predictions, labels, versions = zip(*(draw(ANSWER) for _ in range(size)), strict=True)
    features = [draw(FLOATS) for _ in range(size * width)]
    return ShadowRows(
        draw(st.integers(0, 2**45)),
        np.array(arms, np.int64),
        np.array(predictions, np.float64),
        objects(labels),
        objects(versions),
        np.array(features, np.float32).reshape(size, width),
        kinds,
        {name: field(kind, [draw(FIELDS[kind]) for _ in range(size)]) for name, kind in kinds},
    )


def field(kind: str, values: list[Any]) -> np.ndarray:
    if kind == "DOUBLE":
        return np.array(values, np.float64)
    is_whole = kind == "BIGINT" and None not in values
    return np.array(values, np.int64) if is_whole else objects(values)


def plain(values: np.ndarray) -> list[Any]:
    """The values with NaN as a text, as NaN is not equal to itself."""
    return ["NaN" if isinstance(value, float) and np.isnan(value) else value for value in values.tolist()]


def bits(matrix: np.ndarray) -> list[list[Any]]:
    """The bits of floats; which of the many NaN a NaN is does not count."""
    words = np.ascontiguousarray(matrix, np.float32).view(np.uint32)
    return np.where(np.isnan(matrix), np.uint32(0x7FC00000), words).tolist()  # type: ignore[no-any-return]


def test_single_row_is_json_which_takes_less_time_than_columns() -> None:
    assert made(1, text=("STRING", objects(["a"]))).to_bytes().startswith(b'{"sent":1700000000000,"answer":[0,0.0,')
    assert not made(1, text=("STRING", objects(["\ud800"]))).to_bytes().startswith(b"{")


@given(sent=rows())
def test_rows_come_back_from_bytes_as_they_were(sent: ShadowRows) -> None:
    found = ShadowRows.from_bytes(sent.to_bytes())
    assert (found.sent_ms, len(found), found.kinds) == (sent.sent_ms, len(sent), sent.kinds)
    for name in ("arms", "predictions", "labels", "versions"):
        assert getattr(found, name).tolist() == getattr(sent, name).tolist()
    assert (found.matrix.dtype, found.matrix.shape) == (np.dtype("<f4"), sent.matrix.shape)
    assert bits(found.matrix) == bits(sent.matrix)
    assert list(found.fields) == list(sent.fields)
    for name, kind in sent.kinds:
        assert plain(found.fields[name]) == plain(sent.fields[name])
        assert kind != "BIGINT" or not any(isinstance(value, float) for value in found.fields[name].tolist())


def made(size: int, *, sent_ms: int = 1_700_000_000_000, width: int = 2, **columns: tuple[str, Any]) -> ShadowRows:
    return ShadowRows(
        sent_ms,
        np.arange(size),
        np.linspace(0, 1, size),
        objects([None, *"abcdef"][:size]),
        objects([f"{row}.0.0" for row in range(size)]),
        np.arange(size * width, dtype=np.float32).reshape(size, width),
        tuple((name, kind) for name, (kind, _) in columns.items()),
        {name: values for name, (_, values) in columns.items()},
    )


@pytest.mark.parametrize("size", [1, 3])
def test_any_millisecond_is_read_back(size: int) -> None:
    """Rows of one and of several differ in their first byte, whatever the time."""
    for sent_ms in range(1_700_000_000_000, 1_700_000_000_256):
        assert ShadowRows.from_bytes(made(size, sent_ms=sent_ms).to_bytes()).sent_ms == sent_ms


@pytest.mark.parametrize("size", [1, 2])
def test_infinite_features_stay_infinite(size: int) -> None:
    sent = made(size)
    sent.matrix[0] = [np.inf, -np.inf]
    assert ShadowRows.from_bytes(sent.to_bytes()).matrix[0].tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([3.0]), [3]),
        (np.array([np.nan]), [None]),
        (np.array([3.0, np.nan]), [3, None]),
        (objects([None, 2**53 + 1]), [None, 2**53 + 1]),
        (np.array([2**63 - 1]), [2**63 - 1]),
    ],
    ids=str,
)
def test_whole_numbers_stay_whole_whatever_they_come_as(values: np.ndarray, wanted: list[Any]) -> None:
    found = ShadowRows.from_bytes(made(len(values), n=("BIGINT", values)).to_bytes()).fields["n"].tolist()
    assert found == wanted
    assert [type(value) for value in found] == [type(value) for value in wanted]


@pytest.mark.parametrize("size", [1, 2])
def test_part_of_a_matrix_is_sent_as_it_looks(size: int) -> None:
    sent = made(size, width=4)
    part = ShadowRows(**{**vars(sent), "matrix": sent.matrix[:, ::2]})
    assert ShadowRows.from_bytes(part.to_bytes()).matrix.tolist() == sent.matrix[:, ::2].tolist()


BATCHES = st.lists(
    st.tuples(st.integers(1, 5), st.sampled_from([1, 2]), st.booleans(), st.booleans()), min_size=0, max_size=8
)


@given(shapes=BATCHES, most=st.integers(1, 12))
def test_joined_batches_have_all_rows_in_their_order(shapes: list[tuple[int, int, bool, bool]], most: int) -> None:
    batches = []
    for place, (size, width, has_text, has_null) in enumerate(shapes):
        numbers = objects([None, *range(1, size)]) if has_null else np.arange(size)
        texts = {"text": ("STRING", objects(["a"] * size))} if has_text else {}
        batches.append(made(size, sent_ms=100 - place, width=width, number=("BIGINT", numbers), **texts))
    found = joined_rows(batches, most)
    for values in (arms_of, features_of, numbers_of):
        assert listed(found, values) == listed(batches, values)
    # Batches stay whole, and side by side, and as few as can be one after the other.
    wanted: list[list[ShadowRows]] = []
    for batch in batches:
        last = wanted[-1] if wanted else []
        alike = bool(last) and (last[0].kinds, last[0].matrix.shape[1]) == (batch.kinds, batch.matrix.shape[1])
        fits = sum(map(len, last)) + len(batch) <= most
        wanted = [*wanted[:-1], [*last, batch]] if alike and fits else [*wanted, [batch]]
    assert [(each.kinds, len(each), each.sent_ms) for each in found] == [
        (each[0].kinds, sum(map(len, each)), min(one.sent_ms for one in each)) for each in wanted
    ]


@given(batches=st.lists(rows(), max_size=6), repeated=st.integers(1, 3), most=st.integers(1, 9))
def test_batches_that_are_read_together_are_those_read_one_by_one(
    batches: list[ShadowRows], repeated: int, most: int
) -> None:
    data = [batch.to_bytes() for batch in batches for _ in range(repeated)]
    found, wanted = read_rows(data, most), joined_rows(map(ShadowRows.from_bytes, data), most)
    for values in (arms_of, lambda each: bits(each.matrix)):
        assert listed(found, values) == listed(wanted, values)
    assert [(len(each), each.sent_ms, each.kinds) for each in found] == [
        (len(each), each.sent_ms, each.kinds) for each in wanted
    ]
    for one, other in zip(found, wanted, strict=True):
        for name, values in one.fields.items():
            assert values.dtype == other.fields[name].dtype
            assert plain(values) == plain(other.fields[name])


def listed(batches: list[ShadowRows], values: Callable[[ShadowRows], list[Any]]) -> list[Any]:
    return [value for each in batches for value in values(each)]


def arms_of(rows: ShadowRows) -> list[Any]:
    return list(zip(rows.arms.tolist(), rows.predictions.tolist(), rows.labels, rows.versions, strict=True))


def features_of(rows: ShadowRows) -> list[Any]:
    return rows.matrix.tolist()  # type: ignore[no-any-return]


def numbers_of(rows: ShadowRows) -> list[Any]:
    return rows.fields["number"].tolist()  # type: ignore[no-any-return]
