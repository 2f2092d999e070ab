from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.run_folder.learning import read_learning
from tests.support.learning_slots import HOUR_MS, START_MS, line, write_learning


def test_run_that_does_not_learn_has_no_slots(tmp_path: Path) -> None:
    assert read_learning(tmp_path) == {}


def test_slots_are_in_the_order_of_time_whatever_the_order_of_lines(tmp_path: Path) -> None:
    write_learning(tmp_path, [line(2), line(0)], [line(1), line(1, model="other", version=None, problem="no rows")])
    found = read_learning(tmp_path)
    assert [slot.version for slot in found["fraud-online"]] == ["1.0.0", "1.0.1", "1.0.2"]
    assert [slot.ended_at for slot in found["fraud-online"]] == [START_MS + HOUR_MS * hour for hour in (1, 2, 3)]
    (other,) = found["other"]
    assert (other.version, other.problem) == (None, "no rows")


def test_last_line_of_a_slot_counts(tmp_path: Path) -> None:
    failed = line(0, version=None, promoted=None, problem="disk full")
    # The tenth file of a task comes after its second, whatever their names say.
    files = [[failed], [line(0, version="1.0.1")], *[[line(9)]] * 8, [line(0, version="1.0.2")]]
    (first, _) = read_learning(write_learning(tmp_path, *files))["fraud-online"]
    assert (first.version, first.problem) == ("1.0.2", "")


def test_last_reason_for_no_version_counts(tmp_path: Path) -> None:
    failed = [line(0, version=None, promoted=None, problem=f"disk full, attempt {number}") for number in (1, 2)]
    (slot,) = read_learning(write_learning(tmp_path, failed))["fraud-online"]
    assert slot.problem == "disk full, attempt 2"


def test_version_that_was_published_stays_though_its_file_comes_first(tmp_path: Path) -> None:
    failed = line(0, version=None, promoted=None, problem="disk full")
    (slot,) = read_learning(write_learning(tmp_path, [line(0)], [failed]))["fraud-online"]
    assert (slot.version, slot.is_promoted, slot.problem) == ("1.0.0", True, "")


def test_line_of_a_slot_in_which_nothing_was_learnt_has_less(tmp_path: Path) -> None:
    absent = ("slot", "rows", "held_out", "skipped", "guard", "drifts", "rate", "version", "promoted")
    bare = line(0, scores={"auc_roc": None}, **dict.fromkeys(absent))
    (slot,) = read_learning(write_learning(tmp_path, [bare]))["fraud-online"]
    assert (slot.updates, slot.rows, slot.held_out, slot.looks, slot.drifts) == (800, 0, 0, 0, 0)
    assert (slot.version, slot.is_promoted, slot.problem, slot.kept_because) == (None, False, "", "")
    assert slot.scores == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", r"AttributeError"),
        ("{", r"JSONDecodeError"),
        ('{"model": "m", "ended_at": 1}', r"KeyError\('updates'\)"),
        ('{"model": "m", "ended_at": 1, "updates": "x"}', r"ValueError"),
    ],
    ids=["no object", "no JSON", "member missing", "no number"],
)
def test_line_that_is_no_slot_is_named(text: str, said: str, tmp_path: Path) -> None:
    write_learning(tmp_path, [line(0)])
    path = tmp_path / "learning" / "part-0-0"
    path.write_bytes(path.read_bytes() + text.encode())
    told = rf"part-0-0 line 2: expected a slot of a model that learns, got .*{said}.*; remove learning/ to go without"
    with pytest.raises(JobError, match=told):
        read_learning(tmp_path)
