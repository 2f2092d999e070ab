from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conf.experiments.weights_at import weights_at
from tests.support.experiments import experiment, xxh64
from udfs.experiments.split import variant_intervals
from udfs.experiments.units import Units

# Published with the algorithm.
VECTORS = {b"": 0xEF46DB3751D8E999, b"a": 0xD24EC4F1A98C6E5B, b"abc": 0x44BC2CF5AD770999}
TEXTS = st.text(st.characters(exclude_categories=()), min_size=1, max_size=70)


@pytest.mark.parametrize(("text", "hash_"), VECTORS.items())
def test_oracle_gives_the_published_hashes(text: bytes, hash_: int) -> None:
    assert xxh64(text) == hash_


@given(st.lists(TEXTS, min_size=1, max_size=40), st.text(st.characters(codec="utf-8"), max_size=40))
def test_point_is_the_hash_of_salt_and_unit(texts: list[str], salt: str) -> None:
    found = Units(np.array(texts, dtype=object)).points(salt)
    assert found.tolist() == [xxh64(f"{salt}.{text}".encode("utf-8", "surrogatepass")) for text in texts]


def test_vectors_of_the_documents_are_true() -> None:
    page = (Path(__file__).parents[3] / "docs" / "experiments.md").read_text("utf-8")
    vectors = re.findall(r"^\| `(\S+)` \| `(0x[0-9a-f]{16})` \| (\w+) \|$", page, re.MULTILINE)
    assert len(vectors) == 4
    points = Units(np.array([unit for unit, _, _ in vectors], dtype=object)).points("fraud-model-test")
    assert [f"0x{point:016x}" for point in points.tolist()] == [number for _, number, _ in vectors]
    tested = experiment({"control": 80, "treatment": 20}, name="fraud-model-test")
    owners = variant_intervals(tested, weights_at(tested)).owners_of(points)
    assert [tested.variants[owner].name for owner in owners] == [variant for _, _, variant in vectors]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=40))
def test_whole_number_is_its_decimal_text(numbers: list[int]) -> None:
    expected = [xxh64(f"s.{number}".encode()) for number in numbers]
    assert Units(np.array(numbers, np.int64)).points("s").tolist() == expected
    assert Units(np.array([*numbers, None], dtype=object)).points("s")[:-1].tolist() == expected


def test_whole_numbers_beside_missing_ones_are_the_same_units() -> None:
    units = Units(np.array([7.0, np.nan, -3.0]))
    assert units.is_missing is not None
    assert units.is_missing.tolist() == [False, True, False]
    assert units.points("s").tolist() == [xxh64(b"s.7"), 0, xxh64(b"s.-3")]


@pytest.mark.parametrize("absent", [None, ""])
def test_absent_and_empty_texts_are_missing(absent: str | None) -> None:
    units = Units(np.array(["a", absent], dtype=object))
    assert units.is_missing is not None
    assert units.is_missing.tolist() == [False, True]
    assert units.points("s").tolist() == [xxh64(b"s.a"), 0]


def test_no_rows_have_no_points() -> None:
    assert Units(np.array([], dtype=object)).points("s").tolist() == []


def test_names_are_the_units_themselves() -> None:
    texts = np.array(["a", "größer", None, "", "x" * 9, "\ud800"], dtype=object)
    assert Units(texts).names(8).tolist() == [b"a", "größer".encode(), b"", b"", b"", b""]
    assert Units(np.array([5, -7, 2**62])).names(20).tolist() == [b"5", b"-7", b"4611686018427387904"]
    assert Units(np.array([5.0, np.nan])).names(20).tolist() == [b"5", b""]
    assert Units(np.array([np.nan, np.nan])).names(20).tolist() == [b"", b""]
    assert len(Units(np.array([], dtype=object)).names(20)) == 0
