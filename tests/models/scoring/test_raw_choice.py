"""Which inputs take raw fields, with and without a job."""

from __future__ import annotations

import pytest

from models.errors import ModelError
from models.scoring.event_fields import EventFields
from models.scoring.signature import InputBinding, bind_inputs, check_inputs
from models.spec import TensorSpec
from tests.support.sample_models import MakeSpec

FIELDS = EventFields(
    {
        "merchant": "string",
        "user_id": "long",
        "amount": "double",
        "price": "decimal",
        "at": "timestamp",
        "is_new": "boolean",
    }
)
COLUMNS = ("a", "b", "user_id_count")


def port(name: str, dtype: str = "float32", *shape: int | None) -> TensorSpec:
    return TensorSpec(name=name, dtype=dtype, shape=shape or (None, 1))


FEATURES, MERCHANT, USER = port("features", "float32", None, 3), port("merchant", "string"), port("user_id", "int64")

BINDINGS = {
    "matrix, text and identifier": (
        (FEATURES, MERCHANT, USER),
        COLUMNS,
        InputBinding("features", (), ("merchant", "user_id")),
    ),
    "order of inputs": ((USER, FEATURES), COLUMNS, InputBinding("features", (), ("user_id",))),
    "text without a second dimension": (
        (FEATURES, port("merchant", "string", None)),
        COLUMNS,
        InputBinding("features", (), ("merchant",)),
    ),
    "text alone": ((MERCHANT,), COLUMNS, InputBinding(None, (), ("merchant",))),
    "identifier alone": ((USER,), COLUMNS, InputBinding(None, (), ("user_id",))),
    "float of its own field": (
        (FEATURES, port("amount"), port("price", "float64")),
        COLUMNS,
        InputBinding("features", (), ("amount", "price")),
    ),
    "features of its name go first": (
        (port("amount"), USER),
        ("amount", "user_id"),
        InputBinding(None, ("amount", "user_id"), ()),
    ),
    "a feature of its name beside text": (
        (port("amount"), MERCHANT),
        ("amount",),
        InputBinding("amount", (), ("merchant",)),
    ),
    "groups beside raw ones": (
        (port("a", "float32", None, 2), port("b"), USER),
        ("a_x", "a_y", "b"),
        InputBinding(None, ("a", "a", "b"), ("user_id",)),
    ),
    "whole numbers of features alone": ((port("x", "int64", None, 3),), COLUMNS, InputBinding("x")),
}


@pytest.mark.parametrize("name", BINDINGS)
def test_inputs_are_bound(name: str, make_spec: MakeSpec) -> None:
    inputs, columns, wanted = BINDINGS[name]
    assert bind_inputs(make_spec(inputs=inputs), inputs, columns, FIELDS) == wanted


REFUSALS = {
    "no such field": (
        (FEATURES, port("shop", "string")),
        r"wants input 'shop' string \(n, 1\), got neither a feature nor a field 'shop' of the job's events; "
        r"add the field to job\.events\.fields; of type string there are: merchant",
    ),
    "no such identifier": (
        (FEATURES, port("account", "int64")),
        r"wants input 'account' int64 \(n, 1\), got neither .*; of type long there are: user_id",
    ),
    "text for a number": (
        (FEATURES, port("merchant", "int64")),
        r"wants input 'merchant' int64 \(n, 1\), got field 'merchant' of type string; it takes fields of type long",
    ),
    "number for a text": (
        (FEATURES, port("user_id", "string")),
        r"got field 'user_id' of type long; .* of type string",
    ),
    "time for a number": ((FEATURES, port("at", "int64")), r"got field 'at' of type timestamp; it takes .* type long"),
    "whole number for a float": (
        (FEATURES, port("user_id")),
        r"of type long; it takes fields of type double or decimal",
    ),
    "boolean": ((FEATURES, port("is_new", "bool")), r"got field 'is_new' of type boolean; no field has values of its"),
    "several texts a row": ((FEATURES, port("merchant", "string", None, 2)), r"\(n, 2\), got one field of the event"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_inputs_that_no_field_fits_are_refused(name: str, make_spec: MakeSpec) -> None:
    inputs, text = REFUSALS[name]
    with pytest.raises(ModelError, match=rf"^model fraud@7\.0\.0 .*{text}") as refused:
        bind_inputs(make_spec(inputs=inputs), inputs, COLUMNS, FIELDS)
    assert refused.value.fix


def test_what_the_spec_records_counts(make_spec: MakeSpec) -> None:
    inputs, columns = (port("amount"), port("user_id", "int64")), ("amount",)
    spec = make_spec(inputs=inputs, raw_inputs=["user_id"])
    assert bind_inputs(spec, inputs, columns, FIELDS) == InputBinding("amount", (), ("user_id",))
    wrong = make_spec(inputs=inputs, raw_inputs=["user"])
    with pytest.raises(ModelError, match=r"has no input 'user', which its raw_inputs name; it has 'amount' float32"):
        bind_inputs(wrong, inputs, columns, FIELDS)


def test_field_that_the_job_left_out_is_named(make_spec: MakeSpec) -> None:
    fields = EventFields(FIELDS.types, frozenset({"merchant"}))
    with pytest.raises(ModelError, match=r"got no field 'merchant' behind the windows .*; start the job again"):
        bind_inputs(make_spec(), (FEATURES, MERCHANT), COLUMNS, fields)


def test_without_a_job_text_and_identifiers_beside_one_matrix_are_in_no_doubt(make_spec: MakeSpec) -> None:
    inputs = (FEATURES, MERCHANT, USER)
    wanted = InputBinding("features", (), ("merchant", "user_id"))
    assert bind_inputs(make_spec(), inputs, None) == bind_inputs(make_spec(), inputs, COLUMNS) == wanted
    with pytest.raises(ModelError, match="has 2 inputs and no feature_columns"):
        bind_inputs(make_spec(), (port("amount"), USER), None)
    check_inputs(make_spec(), inputs)
    with pytest.raises(
        ModelError, match=r"has input 'features' float32 \(n, \?\), which does not say how many columns"
    ):
        check_inputs(make_spec(), (port("features", "float32", None, None), MERCHANT))
