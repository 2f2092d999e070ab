"""State finds its operator again: every operator of the job has a uid that parallelism does not change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.job_graph import operators, renumbered

_SQL = "execution.windows=sql"


@pytest.fixture(scope="module", params=["sliding", "sql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def by_parallelism(
    engine: str, crafted_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, list[tuple[str, str]]]:
    chosen = f"execution.windows={engine}"
    return {number: operators(crafted_file, tmp_path_factory.mktemp("out"), number, chosen) for number in (2, 1, 3)}


def test_every_operator_has_a_uid_of_its_own(by_parallelism: dict[int, list[tuple[str, str]]]) -> None:
    found = by_parallelism[2]
    assert [name for name, uid in found if not uid] == []
    assert len({uid for _, uid in found}) == len(found) > 20


def test_stateful_operators_are_among_them(by_parallelism: dict[int, list[tuple[str, str]]], engine: str) -> None:
    uids = [uid for _, uid in by_parallelism[2]]
    stages = ("windows-labels", "windows-CUSTOMER_ID", "windows-TERMINAL_ID", "windows-late")
    source_and_windows = ("pieces-", *stages) if engine == "sliding" else ("files", "over-aggregate")
    kinds = (*source_and_windows, "watermark-assigner", "python-calc", "sink-predictions")
    assert [kind for kind in kinds if not any(kind in uid for uid in uids)] == []


@pytest.mark.parametrize("parallelism", [1, 3])
def test_parallelism_does_not_change_uids(by_parallelism: dict[int, list[tuple[str, str]]], parallelism: int) -> None:
    assert renumbered(by_parallelism[parallelism]) == renumbered(by_parallelism[2])


def test_lines_are_parsed_and_rows_scored_once(by_parallelism: dict[int, list[tuple[str, str]]], engine: str) -> None:
    # And one counts dead letters on their way, in each stream that has some: late rows are one of their own.
    counting = {"sql": 1, "sliding": 2}[engine]
    assert sum(uid.endswith("python-calc") for _, uid in by_parallelism[2]) == 2 + counting


def test_copies_of_rows_move_no_uid(crafted_file: Path, tmp_path: Path) -> None:
    copying = {uid for _, uid in renumbered(operators(crafted_file, tmp_path, 2, _SQL, "job.sink.print=true"))}
    plain = {uid for _, uid in renumbered(operators(crafted_file, tmp_path, 2, _SQL))}
    assert plain < copying
