"""The content of a savepoint or checkpoint: operators with state, and the shards of windows on packed rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.errors import refuse
from jobs.flink.file_urls import file_url, local_path
from jobs.saved_state.operators import SavedOperator, read_saved_operators, windows_engine
from jobs.saved_state.windows import saved_rows, windows_key
from state.sliding.storage.chunks import read_header, read_keys
from udfs.windows.mark import AnsweredRows, read_answered

if TYPE_CHECKING:
    from jobs.saved_state.windows import SavedRows


@dataclass(frozen=True)
class SavedShard:
    """A shard of a key's windows.

    Attributes:
        group: its key group.
        bytes: size of its state, rows that wait for a watermark included.
        rows: rows that it keeps; None: the state does not hold the number.
        keys: different keys among them; None likewise.
        span: times of the earliest and the latest row, in epoch milliseconds; None likewise.
    """

    group: int
    bytes: int
    rows: int | None = None
    keys: int | None = None
    span: tuple[int | None, int | None] = (None, None)


@dataclass(frozen=True)
class SavedStage:
    """The windows of a key field.

    Attributes:
        key: the field.
        shards: its shards that hold something, by key group.
    """

    key: str
    shards: list[SavedShard] = field(default_factory=list)


@dataclass(frozen=True)
class SavedState:
    """The content of a savepoint or checkpoint.

    Attributes:
        windows: engine of the windows, as ``execution.windows`` names it; None: the job has none.
        operators: operators, those with the most state first.
        stages: windows on packed rows.
    """

    windows: str | None
    operators: list[SavedOperator]
    stages: list[SavedStage]


def inspect(place: str) -> SavedState:
    """Read a savepoint or checkpoint; the JVM starts if it does not run.

    Args:
        place: its folder, or a URL.

    Raises:
        JobError: there is none, or Flink cannot read it.
        StateError: a shard is of another version of the format.
    """
    from jobs.flink.environment import prepare_process

    path = local_path(place)
    if path is not None and not (path / "_metadata").is_file():
        refuse(f"state {place}", "a folder with _metadata", "none", "check the path")
    url = place if path is None else file_url(path)
    prepare_process()
    try:
        operators = read_saved_operators(url)
    except OSError as error:
        refuse(f"state {place}", "a savepoint or checkpoint of Flink 2", str(error), "check the path")
    stages = [_stage(url, each, key) for each in operators if (key := windows_key(each)) is not None]
    return SavedState(windows_engine([each.uid for each in operators]), operators, stages)


def _stage(url: str, operator: SavedOperator, key: str) -> SavedStage:
    try:
        saved = saved_rows(url, operator.uid)
    except OSError:
        # Only a savepoint has one format in all backends.
        return SavedStage(key, [SavedShard(group, size) for group, size in sorted(operator.groups.items())])
    return SavedStage(key, [_shard(g, operator.groups.get(g, 0), found) for g, found in sorted(saved.items())])


def _shard(group: int, size: int, saved: SavedRows) -> SavedShard:
    """Return a shard; it has answered rows."""
    headers = [read_header(chunk) for chunk in saved.chunks]
    left = AnsweredRows() if saved.mark is None else read_answered(saved.mark)
    keys = {key for chunk in saved.chunks for key in read_keys(chunk).values.tolist()} | set(left.keys)
    spans = [(header.first_ms, header.last_ms) for header in headers] + ([left.span] if left.count else [])
    return SavedShard(
        group,
        size,
        rows=sum(header.rows for header in headers) + left.count,
        keys=len(keys),
        span=(min(first for first, _ in spans), max(last for _, last in spans)) if spans else (None, None),
    )
