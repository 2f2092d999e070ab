from __future__ import annotations

import pytest

from udfs.row_columns import Column, EventField
from udfs.rows import DEAD_LETTER, PREDICTION, pick, prediction_row, step_columns


@pytest.mark.parametrize("columns", [PREDICTION, DEAD_LETTER], ids=["prediction", "dead letter"])
def test_columns_have_names_of_their_own_and_a_sentence_each(columns: tuple[Column, ...]) -> None:
    assert len({column.name for column in columns}) == len(columns)
    assert [column.name for column in columns if not column.meaning.endswith(".")] == []


def test_id_comes_first_so_that_no_row_begins_with_a_value_that_may_be_absent() -> None:
    assert PREDICTION[0].source == EventField("id")


def test_score_is_under_the_name_that_the_job_gives_it() -> None:
    renamed = prediction_row("risk")
    assert [column.name for column in renamed if column not in PREDICTION] == ["risk"]
    assert step_columns(renamed) == step_columns(PREDICTION)


def test_what_steps_add_is_told_from_event_fields() -> None:
    assert all(name.startswith("__") for name, _ in step_columns((*PREDICTION, *DEAD_LETTER)))


def test_columns_are_picked_in_the_order_of_their_names() -> None:
    assert [column.name for column in pick(PREDICTION, "truth", "key")] == ["truth", "key"]
    with pytest.raises(KeyError):
        pick(PREDICTION, "none")
