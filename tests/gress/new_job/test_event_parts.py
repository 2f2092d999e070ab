"""Each part has a field: the one that was named, the one of the usual name, or the one that a person answers."""

from __future__ import annotations

import pytest

from conf.events import FieldSettings
from gress.new_job.event_parts import EventParts, choose_parts
from gress.new_job.guess_fields import parse_fields
from jobs.errors import JobError


@pytest.fixture
def fields() -> dict[str, FieldSettings]:
    return parse_fields(["order:long", "at:timestamp", "shop no:string", "amount:double", "note:string", "back:long"])


def test_named_fields_play_their_parts(fields: dict[str, FieldSettings]) -> None:
    given = {"id": "order", "key": "shop no", "label": "back"}
    assert choose_parts(fields, given) == EventParts("order", "shop_no", "at", "back")


def test_usual_names_need_not_be_given() -> None:
    fields = parse_fields(["id:long", "time:timestamp", "other:timestamp", "a:long", "label:boolean"])
    assert choose_parts(fields, {}) == EventParts("id", "id", "time", "label")


def test_what_is_missing_is_asked_for(fields: dict[str, FieldSettings]) -> None:
    asked: list[tuple[str, str]] = []

    def answer(question: str, usual: str) -> str:
        asked.append((question.split("?")[0], usual))
        return {"Which field tells events apart": "order"}.get(question.split("?")[0], usual or "back")

    assert choose_parts(fields, {}, answer) == EventParts("order", "order", "at", "back")
    assert asked == [
        ("Which field tells events apart", ""),
        ("Which field says which events belong together, such as a customer", "order"),
        ("Which field is the truth that the model shall predict", ""),
    ]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            {"id": "order"},
            r"--label: expected the name of a field, got none; Which .* truth .*\?; fields are order, at",
        ),
        ({"label": "back"}, r"--id: expected the name of a field, got none"),
        (
            {"id": "ordr", "label": "back"},
            r"--id: expected the name of a field, got 'ordr'; nearest valid name 'order'",
        ),
        ({"id": "order", "label": "zzz"}, r"--label: expected the name of a field, got 'zzz'; fields are order, "),
        ({"id": "order", "label": "order"}, r"expected different fields, but for id and key"),
        ({"id": "order", "key": "back", "label": "back"}, r"expected different fields, but for id and key"),
        (
            {"id": "order", "label": "note"},
            r"--label note: expected a number or a boolean, got type string; write .* 0",
        ),
    ],
    ids=["no label", "no id", "misspelt", "unknown", "same", "key", "text"],
)
def test_parts_that_do_not_hold_are_refused(
    given: dict[str, str], error: str, fields: dict[str, FieldSettings]
) -> None:
    with pytest.raises(JobError, match=error):
        choose_parts(fields, given)


def test_nothing_to_predict_from_is_refused() -> None:
    fields = parse_fields(["id:long", "time:timestamp", "label:long"])
    with pytest.raises(JobError, match=r"fields: expected at least one beside id, key, time and label"):
        choose_parts(fields, {})
