"""Odd input for what reads a stranger's text."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks.fuzz.__main__ import main, repeat
from benchmarks.fuzz.mutation import mutate
from benchmarks.fuzz.session import Session, read_corpus
from benchmarks.fuzz.targets import TARGETS, read_assignments


def _refuse_ninety(text: bytes) -> None:
    if b"90" in text:
        message = "no text with 90"
        raise ValueError(message)


def _session(folder: Path, seed: int = 1) -> Session:
    return Session({"digits": _refuse_ninety}, {"digits": [b"1234", b"9", b"0"]}, seed, folder)


def test_a_hundred_inputs_are_treated_well(tmp_path: Path) -> None:
    tried, failure = Session(TARGETS, read_corpus(), 20, tmp_path).run(lambda number: number < 100)
    assert (tried, failure) == (100, None)
    assert list(tmp_path.iterdir()) == []


def test_failing_input_stays_in_a_file(tmp_path: Path) -> None:
    _, failure = _session(tmp_path).run(lambda number: number < 100_000)
    assert failure is not None
    assert [failure.path] == list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="no text with 90"):
        _refuse_ninety(failure.path.read_bytes())


def test_inputs_depend_on_the_seed_alone(tmp_path: Path) -> None:
    first, again, other = (_session(tmp_path, seed) for seed in (1, 1, 2))
    assert [first.input(number) for number in range(50)] == [again.input(number) for number in range(50)]
    assert [first.input(number) for number in range(50)] != [other.input(number) for number in range(50)]


def test_every_target_has_a_corpus() -> None:
    corpus = read_corpus()
    assert set(corpus) == set(TARGETS)
    assert all(corpus.values())


def test_mutations_are_bounded() -> None:
    texts = [mutate(b"9" * 19_990, [b"a"], Random(seed)) for seed in range(100)]
    assert max(map(len, texts)) == 20_000
    assert len(set(texts)) > 1


def test_a_session_by_time_prints_its_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main("0", "7") == 0
    assert capsys.readouterr().out == "seed 7\n0 inputs tried\n"


def test_an_input_is_tried_again_from_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "json-0123"
    path.write_bytes(b"{")
    assert repeat(str(path)) == 0
    assert capsys.readouterr().out == "the input no longer fails\n"


def test_a_key_in_an_error_fits_a_line() -> None:
    read_assignments(b"job.\xed\xa0\x80\x1b[2J" + b"9" * 5000 + b".x=1")
