from __future__ import annotations

import pytest

from models.errors import ModelError
from models.scoring.signature import InputBinding, check_signature
from models.spec import TensorSpec
from tests.support.sample_models import MakeSpec

COLUMNS = ("a", "b", "c", "amount_z")
MATRIX = (TensorSpec(name="x", dtype="float32", shape=(None, 4)),)


def ports(
    *names: str, dtype: str = "float32", shape: tuple[int | None, ...] = (None, 1)
) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(name=name, dtype=dtype, shape=shape) for name in names)


def test_matrix_input_takes_the_columns(make_spec: MakeSpec) -> None:
    spec = make_spec(feature_columns=COLUMNS, feature_set_hash="h")
    assert check_signature(spec, MATRIX, COLUMNS, "h") == InputBinding("x")
    free = ports("x", shape=(None, None))
    assert check_signature(spec, free, COLUMNS, "h") == InputBinding("x")


def test_one_input_per_column_is_bound_by_name(make_spec: MakeSpec) -> None:
    for shape in ((None, 1), (None,)):
        inputs = ports("b", "a", shape=shape)
        assert check_signature(make_spec(), inputs, ("a", "b"), None) == InputBinding(None, ("a", "b"))


def test_one_column_fits_either_way(make_spec: MakeSpec) -> None:
    assert check_signature(make_spec(), ports("a"), ("a",), None) == InputBinding("a")
    assert check_signature(make_spec(), ports("a", shape=(None,)), ("a",), None) == InputBinding(None, ("a",))


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (("a", "b", "c"), r"4 columns, the job's features have 3; missing column 'amount_z'$"),
        ((*COLUMNS, "d", "e"), r"4 columns, the job's features have 6; extra columns 'd', 'e'$"),
        (("a", "b", "c", "d"), r"have 4; missing column 'amount_z', extra column 'd'$"),
        (("a", "c", "b", "amount_z"), r"have 4; column 1 should be 'b', got 'c'$"),
    ],
)
def test_other_columns_are_named(make_spec: MakeSpec, columns: tuple[str, ...], text: str) -> None:
    with pytest.raises(ModelError, match=rf"model fraud@7\.0\.0 was trained on .*{text}"):
        check_signature(make_spec(feature_columns=COLUMNS), MATRIX, columns, None)


def test_other_hash_shows_both_and_what_to_do(make_spec: MakeSpec) -> None:
    spec = make_spec(feature_columns=COLUMNS, feature_set="cards", feature_set_hash="aaa")
    with pytest.raises(
        ModelError,
        match=r"trained on feature set 'cards' with hash aaa, the job's has bbb; use the features",
    ):
        check_signature(spec, MATRIX, COLUMNS, "bbb")


def test_width_is_checked_without_names(make_spec: MakeSpec) -> None:
    with pytest.raises(
        ModelError, match=r"wants input 'x' float32 \(n, 4\), got \(n, 2\); its model\.json names no columns"
    ):
        check_signature(make_spec(), MATRIX, ("a", "b"), None)


def test_spec_whose_columns_do_not_fit_its_file_is_refused(make_spec: MakeSpec) -> None:
    with pytest.raises(
        ModelError, match=r"wants input 'x' float32 \(n, 4\), got \(n, 2\); .* does not fit its file"
    ):
        check_signature(make_spec(feature_columns=("a", "b")), MATRIX, ("a", "b"), None)


def test_inputs_without_a_column_are_named(make_spec: MakeSpec) -> None:
    with pytest.raises(
        ModelError,
        match=r"wants 2 inputs, each with the columns of its name, got 2 columns; missing column 'z', extra column 'b'",
    ):
        check_signature(make_spec(), ports("a", "z"), ("a", "b"), None)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (
            ports("x", dtype="string", shape=(None, 2)),
            r"wants input 'x' string \(n, 2\), got one field of the event; export it with an input \(n, 1\) for each",
        ),
        (ports("a", "b", shape=(None, 3)), r"wants input 'a' float32 \(n, 3\), got the column a"),
        (ports("x", shape=(None, 2, 2)), r"wants input 'x' float32 \(n, 2, 2\), got a matrix \(n, k\)"),
    ],
)
def test_inputs_no_matrix_can_fill_are_refused(
    make_spec: MakeSpec, inputs: tuple[TensorSpec, ...], text: str
) -> None:
    with pytest.raises(ModelError, match=text):
        check_signature(make_spec(), inputs, ("a", "b"), None)
