"""Predictions in tables of a PostgreSQL database, beside the folders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from jobs.errors import JobError
from jobs.kafka.jars import CONNECTOR, JDBC, fetch_jars, find_jars, jars_folder
from jobs.runs.launch import run
from jobs.runs.prepare import RunRequest
from tests.support.fraud_config import STATELESS, write_fraud_config
from tests.support.postgres import PASSWORD, USER, Postgres, find_postgres
from tests.support.small_model import write_model

EVENT = {
    "TRANSACTION_ID": 9_007_199_254_740_993,
    "TX_DATETIME": "2018-03-25T02:30:00.5Z",
    "CUSTOMER_ID": 5,
    "TERMINAL_ID": 6,
    "TX_AMOUNT": 1_000.25,
    "TX_FRAUD": 1,
    "gift": True,
    "note": "a 'b'\0ü",
}
EVENTS = [
    EVENT,
    EVENT | {"TRANSACTION_ID": 2, "TX_AMOUNT": 12, "gift": None, "note": None},
    EVENT | {"TRANSACTION_ID": 2, "TX_AMOUNT": 13, "gift": False, "note": ""},
]


@pytest.fixture(scope="module")
def postgres(no_service: Callable[[str], NoReturn]) -> Iterator[Postgres]:
    programs = find_postgres()
    if programs is None:
        no_service("PostgreSQL is not installed: apt-get install postgresql")
    try:
        find_jars(JDBC)
    except JobError:
        try:
            fetch_jars(jars_folder(), parts=(CONNECTOR, JDBC))
        except JobError as error:
            no_service(str(error))
    with Postgres(programs) as server:
        yield server


@pytest.fixture(scope="module")
def request_of(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., RunRequest]:
    folder = tmp_path_factory.mktemp("jdbc")
    model = write_model(folder / "model", width=len(STATELESS), has_classes=True)
    config = write_fraud_config(folder, features=STATELESS, model=model, parallelism=1)
    sink = {"url": postgres.url, "user": USER, "password": "${DB_PASSWORD}"} | {"predictions": "scored"}
    config.write_text(config.read_text("utf-8").replace("\njob:\n", f"\njob:\n  sink: {{jdbc: {json.dumps(sink)}}}\n"))
    (folder / "in.jsonl").write_text("".join(json.dumps(event) + "\n" for event in EVENTS), "utf-8")

    def make(name: str, *more: str, password: str = PASSWORD) -> RunRequest:
        fields = [f"job.events.fields.{name}={{type: {kind}, required: false}}" for name, kind in NEW.items()]
        overrides = [*fields, "job.sink.fields=[TX_AMOUNT, TX_DATETIME, TX_FRAUD, gift, note]", *more]
        source = str(folder / "in.jsonl")
        environ = {"DB_PASSWORD": password}
        return RunRequest("fraud-detection", folder / name, source, config, overrides, environ=environ)

    return make


NEW = {"gift": "boolean", "note": "string", "order": "long"}
TYPED = (
    "SELECT event_id, event_time, key, label, scores->>1, truth, tx_amount, tx_datetime, tx_fraud, gift, note "
    "FROM scored ORDER BY event_id"
)


def test_tables_hold_a_row_an_id_with_its_types(postgres: Postgres, request_of: Callable[..., RunRequest]) -> None:
    summary = run(request_of("first", "job.sink.jdbc.alerts=alarms"))
    assert summary.predictions == len(EVENTS)
    second, first = (line.split("|") for line in postgres.ask(TYPED))
    time = "2018-03-25 02:30:00.5+00"
    assert second[:3] == ["2", time, "5"]
    assert second[5:] == ["1", "13.00", time, "1", "f", ""]
    assert first[0] == "9007199254740993"
    assert first[5:] == ["1", "1000.25", time, "1", "t", "a 'b'\N{REPLACEMENT CHARACTER}ü"]
    assert first[3] == "fraud"
    score = float(postgres.ask("SELECT prediction FROM scored ORDER BY event_id DESC LIMIT 1")[0])
    assert float(first[4]) == score > 0.7
    assert postgres.ask("SELECT event_id FROM alarms") == ["9007199254740993"]
    # A repeated run replaces rows, and adds none.
    run(request_of("second"))
    assert postgres.ask("SELECT count(*) FROM scored") == ["2"]


@pytest.mark.parametrize(
    ("override", "password", "said"),
    [
        ("job.sink.jdbc.user=nobody", PASSWORD, "authentication failed"),
        ("job.sink.jdbc.user=gress", "wrong", "authentication failed"),
        ("job.sink.jdbc.predictions=narrow", PASSWORD, "event_time"),
        ("job.sink.jdbc.predictions=nowhere.scored", PASSWORD, "nowhere"),
        ("job.sink.jdbc.url=jdbc:postgresql://127.0.0.1:1/postgres", PASSWORD, "refused"),
        ("job.sink.fields=[order]", PASSWORD, 'near "order".*a field with a name that SQL reserves needs another one'),
    ],
    ids=["user", "password", "other columns", "schema", "server", "reserved name"],
)
def test_database_that_does_not_take_the_rows_is_told_before_the_job_starts(
    override: str, password: str, said: str, postgres: Postgres, request_of: Callable[..., RunRequest]
) -> None:
    postgres.ask("CREATE TABLE IF NOT EXISTS narrow (event_id BIGINT PRIMARY KEY)")
    request = request_of(f"refused-{hash(override + password)}", override, password=password)
    with pytest.raises(JobError, match=rf"job\.sink\.jdbc: expected tables in .*, got .*{said}") as refused:
        run(request)
    assert len(str(refused.value).splitlines()) == 1
    assert PASSWORD not in str(refused.value)
