from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from jobs.errors import JobError
from jobs.sources.files import find_inputs
from jobs.sources.generated import DEFAULT_DAYS, DEFAULTS, generate, parse_generator


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
