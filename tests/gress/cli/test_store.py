"""`gress features load`, `get` and `stats`, on a real server; the commands are those of the page."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.commands import Run, answer_of, refusal_of
from tests.support.pages import read_blocks
from tests.support.redis_server import PROGRAM, RedisServer, redis_server

PAGE = Path(__file__).resolve().parents[3] / "docs" / "feature-store.md"


@pytest.fixture(scope="module")
def server(no_service: Callable[[str], NoReturn], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    if shutil.which(PROGRAM) is None:
        no_service(f"{PROGRAM} is not installed: apt-get install {PROGRAM}")
    with redis_server(tmp_path_factory.mktemp("redis")) as running:
        yield running


def commands_of_the_page() -> list[list[str]]:
    lines = "\n".join(block.text for block in read_blocks(PAGE) if block.language == "sh").replace("\\\n", " ")
    return [shlex.split(line)[1:] for line in lines.splitlines() if line.startswith("gress features")]


def test_commands_of_the_page(server: RedisServer, command_line: Run, tmp_path: Path) -> None:
    yaml = next(block.text for block in read_blocks(PAGE) if block.language == "yaml")
    (tmp_path / "store.yaml").write_text(yaml.replace("localhost:6379", f"127.0.0.1:{server.port}"))
    table = pa.table({"customer": ["c1", "c2"], "at": [1_000, 2_000], "amount": [2.5, float("nan")], "n": [3, None]})
    about = {"gress.feature_set_hash": "9f2c0a17b3d4e5f6", "gress.feature_columns": '["amount", "n"]'}
    pq.write_table(table.replace_schema_metadata(about), tmp_path / "features.parquet")
    load, get, stats, *_ = commands_of_the_page()
    assert answer_of(command_line, *load) == (
        "2 rows as customer with feature set 9f2c0a17b3d4e5f6; 0 values older than those in the store, "
        "0 rows without entity or time\n"
    )
    shown = answer_of(command_line, *get)
    assert [word in shown for word in ("amount", "2.5", "1970-01-01T00:00:01.000Z")] == [True] * 3
    table_of_stats = answer_of(command_line, *stats)
    assert [word in table_of_stats for word in ("bytes an entity", "none")] == [True] * 2
    get[get.index("c1")] = "c2"
    assert json.loads(answer_of(command_line, *get, "--json")) == {
        "amount": {"value": "nan", "event_time_ms": 2_000},
        "n": {"value": None, "event_time_ms": None},
    }
    assert "1970-01-01T00:00:00.000Z" not in answer_of(command_line, *get)
    assert json.loads(answer_of(command_line, *stats, "--json"))["backend"] == "redis"
    get[get.index("c2")] = "c3"
    assert refusal_of(command_line, *get) == (
        "gress features get: expected customer 'c3' with feature set 9f2c0a17b3d4e5f6, got none in the store\n"
    )
    get[get.index("customer")] = "a b"
    assert "entity: expected letters, digits" in refusal_of(command_line, *get)


def test_memory_of_a_process_is_out_of_reach(command_line: Run) -> None:
    assert "ml.feature_store.backend: expected redis, got 'memory', which each process has for itself; set it" in (
        refusal_of(command_line, "features", "stats")
    )


def test_a_server_that_is_away_is_one_line(command_line: Run) -> None:
    settings = ("backend=redis", "redis_addr=127.0.0.1:1", "retries=0")
    given = [word for setting in settings for word in ("--set", f"ml.feature_store.{setting}")]
    assert "feature store: redis at 127.0.0.1:1: " in refusal_of(command_line, "features", "stats", *given)
