from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.run_folder.learning import last_slots, read_learning, scores_of
from tests.support.learning_slots import HOUR_MS, START_MS, line, shard_line, write_learning


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


def test_line_that_learnt_more_counts_though_its_file_comes_first(tmp_path: Path) -> None:
    write_learning(tmp_path, [line(0, updates=900, version="1.0.1")], [line(0, updates=899, version=None)])
    (slot,) = read_learning(tmp_path)["fraud-online"]
    assert (slot.updates, slot.version) == (900, "1.0.1")


def test_shards_of_a_slot_stay_apart(tmp_path: Path) -> None:
    write_learning(tmp_path, [shard_line(0, 1), shard_line(0, 0), shard_line(1, 1, updates=5_000)])
    slots = read_learning(tmp_path)["fraud-online"]
    assert [(slot.slot, slot.shard, slot.models) for slot in slots] == [(1000, 0, 50), (1000, 1, 51), (1001, 1, 51)]
    assert [(slot.shard, slot.updates) for slot in last_slots(slots)] == [(0, 800), (1, 5_000)]


def test_scores_of_shards_are_weighted_with_their_rows(tmp_path: Path) -> None:
    first = shard_line(0, 0, rows=300, scores={"auc_roc": 0.9}, served={"auc_roc": 0.5, "log_loss": None})
    second = shard_line(0, 1, rows=100, scores={"auc_roc": 0.7}, served={})
    write_learning(tmp_path, [first, second])
    learner, served = scores_of(read_learning(tmp_path)["fraud-online"])
    assert learner == pytest.approx({"auc_roc": 0.85})
    assert served == {"auc_roc": 0.5}


def test_line_with_less_still_reads(tmp_path: Path) -> None:
    bare = line(0, guard=None, drifts=None, rate=None, promoted=None, version=None)
    (slot,) = read_learning(write_learning(tmp_path, [bare]))["fraud-online"]
    assert (slot.looks, slot.rolled_back, slot.drifts, slot.is_promoted) == (0, 0, 0, False)
    assert (slot.problem, slot.kept_because) == ("", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", r"AttributeError"),
        ("{", r"JSONDecodeError"),
        ('{"model": "m"}', r"KeyError\('slot'\)"),
        ('{"model": "m", "slot": "x"}', r"ValueError"),
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
