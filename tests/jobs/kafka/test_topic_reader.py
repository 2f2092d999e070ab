from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from jobs.kafka.topic_reader import TopicReader


@dataclass(frozen=True)
class _Partition:
    name: str
    number: int

    def partition(self) -> int:
        return self.number


class _JavaList(list[Any]):
    def size(self) -> int:
        return len(self)

    def add(self, item: Any) -> None:
        self.append(item)

    def toArray(self) -> list[Any]:
        return self


class _JavaMap(dict[Any, Any]):
    def entrySet(self) -> _JavaList:
        return _JavaList(SimpleNamespace(getKey=lambda k=k: k, getValue=lambda v=v: v) for k, v in self.items())


class _Records:
    """The result of a poll: records by partition, as one text each."""

    def __init__(self, found: dict[_Partition, list[str]]) -> None:
        self._found = found

    def count(self) -> int:
        return sum(map(len, self._found.values()))

    def partitions(self) -> _JavaList:
        return _JavaList(self._found)

    def records(self, partition: _Partition) -> Any:
        return SimpleNamespace(toString=lambda: str(self._found[partition]))


class _Cluster:
    """A topic whose partitions hold records, and None for the marker of a transaction."""

    def __init__(self) -> None:
        self.log: dict[int, list[str | None]] = {}


class _Consumer:
    """A consumer of a cluster that gives at most two offsets of a partition at a time."""

    def __init__(self, cluster: _Cluster) -> None:
        self._log = cluster.log
        self._positions: dict[int, int] = defaultdict(int)

    def partitionsFor(self, topic: str) -> _JavaList | None:
        return _JavaList(_Partition(topic, number) for number in self._log) or None

    def assign(self, partitions: list[_Partition]) -> None:
        self._assigned = list(partitions)

    def seek(self, partition: _Partition, offset: int) -> None:
        self._positions[partition.number] = offset

    def position(self, partition: _Partition) -> int:
        return self._positions[partition.number]

    def endOffsets(self, partitions: list[_Partition]) -> _JavaMap:
        return _JavaMap({each: len(self._log[each.number]) for each in partitions})

    def poll(self, wait: object) -> _Records:
        found = {}
        for each in self._assigned:
            at = self._positions[each.number]
            given = self._log[each.number][at : at + 2]
            self._positions[each.number] = at + len(given)
            if texts := [text for text in given if text is not None]:
                found[each] = texts
        return _Records(found)


JVM: Any = SimpleNamespace(
    java=SimpleNamespace(
        time=SimpleNamespace(Duration=SimpleNamespace(ofMillis=lambda ms: ms)),
        util=SimpleNamespace(ArrayList=_JavaList),
    ),
    kafka=SimpleNamespace(common=SimpleNamespace(TopicPartition=_Partition)),
)


@pytest.fixture
def cluster() -> _Cluster:
    return _Cluster()


def reader_of(cluster: _Cluster) -> TopicReader:
    return TopicReader("t", _Consumer(cluster), JVM)


def counted(reader: TopicReader) -> int:
    assert list(reader.read()) == []
    return reader.records


def test_records_count_from_where_the_topic_ended_without_markers(cluster: _Cluster) -> None:
    cluster.log = {0: ["old", None], 1: ["old"]}
    reader = reader_of(cluster)
    assert counted(reader) == 0
    cluster.log[0] += ["a", "b", "c", None, None, None]
    cluster.log[1] += ["d", None]
    assert counted(reader) == 4
    assert counted(reader) == 4


def test_a_topic_that_comes_into_being_is_counted_from_its_beginning(cluster: _Cluster) -> None:
    reader = reader_of(cluster)
    assert counted(reader) == 0
    cluster.log[0] = ["a"]
    assert counted(reader) == 1
    cluster.log[0] += ["b"]
    cluster.log[1] = ["c", None, "d"]
    assert counted(reader) == 4


def test_texts_of_records_are_given_where_asked(cluster: _Cluster) -> None:
    cluster.log = {0: [], 1: []}
    reader = reader_of(cluster)
    cluster.log[0] += ["a"]
    cluster.log[1] += ["b"]
    assert list(reader.read(as_text=True)) == ["['a']['b']"]


def test_a_reader_goes_on_from_a_snapshot(cluster: _Cluster) -> None:
    cluster.log = {0: ["old"]}
    first = reader_of(cluster)
    cluster.log[0] += ["a", None, "b"]
    assert counted(first) == 2
    known = first.snapshot()
    cluster.log[0] += ["while nobody looked"]
    cluster.log[1] = ["in a new partition"]
    second = reader_of(cluster)
    second.restore(known)
    assert counted(second) == 4


def test_a_topic_that_was_made_anew_is_counted_from_its_beginning(cluster: _Cluster) -> None:
    cluster.log = {0: ["x"] * 9}
    known = reader_of(cluster).snapshot()
    cluster.log[0] = ["a"]
    second = reader_of(cluster)
    second.restore(known)
    assert counted(second) == 1
