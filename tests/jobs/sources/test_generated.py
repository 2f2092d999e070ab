from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from conf.loading.loader import load_settings
from jobs.catalogue import default_config
from jobs.errors import JobError
from jobs.sources.files import find_inputs
from jobs.sources.generated import (
    DEFAULT_DAYS,
    DEFAULTS,
    FIELDS,
    check_reads_transactions,
    generate,
    parse_generator,
)


def test_without_options_it_is_the_small_town() -> None:
    assert parse_generator("generator:") == (DEFAULT_DAYS, DEFAULTS)


def test_options_replace_defaults() -> None:
    days, settings = parse_generator(
        "generator:days=3,customers=7,terminals=9,start=2020-02-29,seed=4,radius=2.5"
    )
    assert days == 3
    assert (settings.customers, settings.terminals, settings.seed, settings.radius) == (7, 9, 4, 2.5)
    assert settings.start == dt.date(2020, 2, 29)
    assert settings.compromised_terminals == DEFAULTS.compromised_terminals


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("day=3", r"input generator:day=3: expected options days, .*, got 'day'; nearest valid name 'days'"),
        ("days=x", "input generator:days=x: days: invalid literal"),
        ("days", "input generator:days: days: invalid literal"),
        ("days=0", "days: expected a whole number >= 1, got 0"),
        ("start=April", "start: Invalid isoformat string"),
        ("customers=0", "generator setting customers: expected an integer >= 1, got 0"),
        ("radius=-1", "generator setting radius: expected > 0, got -1.0"),
    ],
)
def test_wrong_option_is_refused(text: str, refusal: str) -> None:
    with pytest.raises(JobError, match=refusal):
        parse_generator(f"generator:{text}")


def test_equal_options_write_equal_files(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written.append(generate("generator:days=2,customers=20,terminals=40", tmp_path / name))
    assert written[0].read_bytes() == written[1].read_bytes()
    assert find_inputs(str(written[0])).count_events() > 0


def test_transactions_have_the_fields_that_they_are_said_to_have(tmp_path: Path) -> None:
    path = generate("generator:days=1,customers=20,terminals=40", tmp_path)
    assert {tuple(json.loads(line)) for line in path.read_text().splitlines()} == {FIELDS}


@pytest.mark.parametrize("job", ["fraud-detection", "ab-test", "online-learning"])
def test_jobs_of_transactions_read_them(job: str) -> None:
    settings = load_settings(default_config(job), environ={}).job
    assert settings is not None
    check_reads_transactions("generator:", settings.events)


@pytest.mark.parametrize(
    ("job", "needs"),
    [("sentiment", "id, review, time"), ("predictive-maintenance", "current, part, pressure and others")],
)
def test_job_of_other_events_is_refused(job: str, needs: str) -> None:
    settings = load_settings(default_config(job), environ={}).job
    assert settings is not None
    expected = f"input generator:days=3: expected a job that reads card transactions, got one that needs {needs}; name"
    with pytest.raises(JobError, match=expected):
        check_reads_transactions("generator:days=3", settings.events)
