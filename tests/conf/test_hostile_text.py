"""Settings of any text end in one short line, soon."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.errors import ConfigError
from conf.settings import Settings

HOSTILE = "a\nb\x1b[31m\u202e"


@pytest.mark.parametrize(
    ("text", "overrides", "environ", "wanted"),
    [
        ("{}", [f"ml.inference.{HOSTILE}=1"], {}, r"c.yaml: ml.inference.a\nb\x1b[31m\u202e (from --set"),
        ('{ml: {"a\\nb\\e[31m\\u202e": 1}}', [], {}, r"c.yaml: ml.a\nb\x1b[31m\u202e: expected a known key, got 'a\nb"),
        ("{}", ["ml." + "a" * 9_000 + "=1"], {}, f"c.yaml: ml.{'a' * 197}... (from --set ml."),
        ("{}", ["ml." + "a." * 9_000 + "b=1"], {}, "expected a path of at most 50 keys, got a longer one"),
        ("{}", ["ml.inference.max_concurrency=" + "[" * 90_000], {}, "expected a value of at most 20,000 characters"),
        ("{}", [], {"GRESS_ML__" + "A__" * 5_000 + "B": "1"}, "expected a path of at most 50 keys, got a longer one"),
        (
            "{ml: {inference: {max_latency: '" + "${X}" * 9_000 + "'}}}",
            [],
            {"X": "1" * 90_000},
            "max_latency: expected at most 65,536 characters from the environment, got more",
        ),
        (
            "{ml: {inference: {max_concurrency: '${X}'}}}",
            [],
            {"X": "[1," * 90_000},
            "inference.max_concurrency: expected at most 65,536 characters from the environment, got more",
        ),
        (
            "{ml: {inference: {max_concurrency: '${X}'}}}",
            [],
            {"X": "[" * 60_000},
            "inference.max_concurrency: expected a whole number, got a hidden value",
        ),
        ("{ml: {inference: {enable_gpu: '${X}'}}}", [], {"X": "5\n6"}, "expected true or false, got a hidden value"),
    ],
    ids=[
        *("--set with control characters", "key with control characters", "long key", "deep --set", "long --set"),
        *("deep variable", "multiplied variable", "long variable", "nested variable", "variable of two lines"),
    ],
)
def test_hostile_text_is_refused_by_one_short_line(
    text: str, overrides: list[str], environ: dict[str, str], wanted: str, refusals: Callable[..., list[str]]
) -> None:
    (line,) = refusals(text, overrides, environ)
    assert wanted in line
    assert line.isprintable()
    assert len(line) < 1_000


def test_a_number_is_not_sought_in_a_long_text(load: Callable[..., Settings]) -> None:
    assert load("ml: {inference: {max_concurrency: '${X}'}}", environ={"X": "7"}).ml.inference.max_concurrency == 7
    with pytest.raises(ConfigError, match="expected a whole number"):
        load("ml: {inference: {max_concurrency: '${X}'}}", environ={"X": "7" + " " * 200})


@pytest.mark.parametrize(
    ("setting", "most", "expected"),
    [
        ("job.name", 200, "letters, digits, '.', '_' or '-', 200 at most"),
        ("job.inference.model_name", 200, "letters, digits, '.', '_' or '-', 200 at most"),
        ("ml.model_registry.base_path", 4_000, "a path or URL of at most 4000 characters"),
    ],
)
def test_names_and_paths_are_those_that_file_systems_hold(
    setting: str,
    most: int,
    expected: str,
    job_yaml: str,
    load: Callable[..., Settings],
    refusals: Callable[..., list[str]],
) -> None:
    load(job_yaml, [f"{setting}={'a' * most}"])
    (line,) = refusals(job_yaml, [f"{setting}={'a' * (most + 1)}"])
    assert f"expected {expected}, got 'aaa" in line
    assert len(line) < 400


@pytest.mark.parametrize("version", ["v1." + "9" * 5_000, "v1-" + "a." * 5_000 + "b"], ids=["digits", "words"])
def test_a_version_is_short(version: str, job_yaml: str, refusals: Callable[..., list[str]]) -> None:
    (line,) = refusals(job_yaml, [f"job.inference.model_version={version}"])
    assert "expected a version such as v2.0 or 1.0.0, or '', got 'v1" in line
