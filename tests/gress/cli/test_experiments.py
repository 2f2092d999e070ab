"""`gress experiments`, run in this process."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from models.lifecycle import promote, register
from models.registry import ExperimentState, Registry, local_registry
from tests.support.commands import Answer, Run, answer_of
from tests.support.tiny_models import write_linear

SETTINGS = """
ml:
  model_registry: {base_path: registry}
  ab_testing:
    enabled: true
    experiments:
      - name: checkout
        strategy: hash
        split_key: card
        layer: shop
        traffic: 50
        enable_shadow_mode: true
        ramp: {steps: [5, 50, 100]}
        verdict: {metrics: [{of: errors, role: guardrail, margin: 0.01}]}
        variants:
          - {name: old, model_name: m, weight: 1}
          - {name: new, model_name: m, model_version: v2}
      - name: later
        strategy: random
        enabled: false
        variants: [{name: only, model_name: m, weight: 100}]
"""
ISO_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    found = local_registry(tmp_path / "registry")
    for version in ("1", "2"):
        register(found, write_linear(tmp_path / "trained"), "m", version)
    promote(found, "m", "1")
    return found


@pytest.fixture
def run(registry: Registry, command_line: Run, tmp_path: Path) -> Run:
    (tmp_path / "job.yaml").write_text(SETTINGS, "utf-8")
    return partial(command_line, "experiments")


@pytest.fixture
def gress(run: Run) -> Answer:
    """Run a command on the settings that must succeed, and return its output."""

    def call(*arguments: str) -> str:
        return answer_of(run, *arguments, "--config", "job.yaml")

    return call


def document(text: str) -> Any:
    return json.loads(text)


def test_experiments_are_listed_with_their_present_weights(gress: Callable[..., str]) -> None:
    out = gress("list")
    first = r"checkout +│ shop +│ 50 % +│ hash +│ card +│ old m@1\.0\.0 95 % \(default\) +│ yes +│ running +│ 0"
    assert re.search(first, out)
    assert re.search(r"│ new m@2\.0\.0 5 % ", out)
    assert re.search(r"later +│ +│ 100 % +│ random +│ each event +│ only m@1\.0\.0 100 % \(default\) +│ +│ off", out)
    gress("set", "checkout", "old=60", "new=40", "--why", "no harm seen")
    out = gress("list")
    assert "new m@2.0.0 40 %" in out
    assert re.search(r"running +│ 1 +│ \d{4}-\d\d-\d\d \d\d:\d\d", out)


def test_ramp_that_nobody_advances_and_twins_are_told(run: Run, tmp_path: Path) -> None:
    lines = [line for line in SETTINGS.splitlines() if "verdict" not in line]
    settings = "\n".join(lines).replace("model_name: m, weight: 1}", "model_name: m, weight: 1, model_version: 2.0.0}")
    (tmp_path / "job.yaml").write_text(settings, "utf-8")
    code, _, err = run("list", "--config", "job.yaml")
    assert code == 0
    twins, ramp = err.splitlines()
    assert "variants 'old' and 'new' are one model, m@2.0.0, so nothing but chance" in twins
    assert "experiment 'checkout': it has a ramp and no verdict, so nobody advances it" in ramp


def test_help_says_what_settings_are_read(run: Run) -> None:
    assert "ml.ab_testing" in re.sub(r"[│\s]+", " ", run("list", "--help")[1])


def test_bandit_tells_its_goal_its_floor_and_its_weights(run: Run, registry: Registry, tmp_path: Path) -> None:
    text = """
ml:
  model_registry: {base_path: registry}
  ab_testing:
    enabled: true
    experiments:
      - name: best
        strategy: bandit
        bandit: {goal: clicks, floor: 0.1}
        verdict: {metrics: [{of: errors, name: clicks}]}
        variants: [{name: old, model_name: m}, {name: new, model_name: m}, {name: third, model_name: m}]
"""
    (tmp_path / "bandit.yaml").write_text(text, "utf-8")
    out = run("list", "--config", "bandit.yaml")[1]
    # The table breaks the cell where the terminal is narrow.
    assert re.search(r"best +│ +│ 100 % +│ bandit on", out)
    said = document(run("status", "best", "--config", "bandit.yaml", "--json")[1])["experiment"]
    assert (said["strategy"], said["bandit"], said["unit"]) == ("bandit", "clicks, at least 10 %", None)
    assert [each["weight"] for each in said["variants"]] == pytest.approx([100 / 3] * 3)
    state = ExperimentState(
        weights={"old": 10, "new": 77.5, "third": 12.5}, step=1, since=dt.datetime.now(dt.timezone.utc)
    )
    registry.deployments("m").set_experiment("best", state, action="advance", by="job j", why="new gets 77.5 %")
    out = run("status", "best", "--config", "bandit.yaml")[1]
    assert "new m@1.0.0 77.5 %" in out
    assert re.search(r"advance +│ old 10, new 77\.5, third 12\.5 +│ 1 +│ running +│ job j +│ new gets 77\.5 %", out)


def test_settings_without_experiments_say_where_to_write_them(run: Run) -> None:
    code, out, _ = run("list", "--registry", "registry")
    assert (code, out.count("\n")) == (0, 1)
    assert "the settings have no experiments; --config names a file with ml.ab_testing.experiments" in out
    assert document(run("list", "--registry", "registry", "--json")[1])["experiments"] == []


def test_status_shows_who_changed_what_and_why(gress: Callable[..., str]) -> None:
    assert "checkout: nothing has changed since the start; the weights are those of the" in gress("status", "checkout")
    out = gress("set", "checkout", "old=60", "new=40", "--why", "no harm seen", "--by", "ann")
    assert out == "checkout: weights old 60, new 40 in generation 2\n"
    out = gress("end", "checkout", "--winner", "new", "--why", "finds more", "--by", "bob")
    assert out == "checkout: ended, promoted, with weights old 0, new 100 in generation 3; 2.0.0 is the primary\n"
    out = gress("status", "checkout")
    assert re.search(r"2 +│ \S+ \S+ +│ advance +│ old 60, new 40 +│ 1 +│ running +│ ann +│ no harm seen", out)
    assert re.search(r"3 +│ \S+ \S+ +│ promote +│ old 0, new 100 +│ 2 +│ promoted +│ bob +│ finds more", out)


def test_an_experiment_ends_for_the_default_variant(gress: Callable[..., str], registry: Registry) -> None:
    out = gress("end", "checkout", "--winner", "old", "--why", "more false alarms")
    assert out == "checkout: ended, rolled back, with weights old 100, new 0 in generation 2\n"
    latest = registry.deployments("m").latest()
    assert latest is not None
    assert latest.primary == "1.0.0"


KEYS = {
    ("list",): {"registry", "experiments"},
    ("status", "checkout"): {"registry", "experiment", "history"},
    ("set", "checkout", "new=100", "--why", "x"): {
        *("registry", "name", "generation", "primary", "primary_since", "previous", "experiment", "experiments"),
        *("action", "by", "why", "at", "id", "format_version"),
    },
    ("end", "checkout", "--winner", "new", "--why", "x"): {
        *("registry", "name", "generation", "primary", "primary_since", "previous", "experiment", "experiments"),
        *("action", "by", "why", "at", "id", "format_version"),
    },
}


@pytest.mark.parametrize(("command", "keys"), KEYS.items(), ids=[command[0] for command in KEYS])
def test_programs_get_one_document_with_stable_keys(
    command: tuple[str, ...], keys: set[str], gress: Callable[..., str]
) -> None:
    gress("set", "checkout", "old=60", "new=40", "--why", "no harm seen")
    found = document(gress(*command, "--json"))
    assert set(found) == keys
    times = re.findall(r'"(?:at|since)": "([^"]*)"', json.dumps(found))
    assert times
    assert all(ISO_UTC.fullmatch(time) for time in times)


def test_entries_of_status_have_stable_keys(gress: Callable[..., str]) -> None:
    gress("set", "checkout", "old=60", "new=40", "--why", "no harm seen")
    found = document(gress("status", "checkout", "--json"))
    summary, [change] = found["experiment"], found["history"]
    assert set(summary) == {
        *("name", "layer", "traffic", "strategy", "bandit", "unit", "shadow", "variants"),
        *("weights_from", "state", "step", "since"),
    }
    assert summary["variants"][1] == {
        "name": "new",
        "model": "m",
        "version": "2.0.0",
        "weight": 40.0,
        "is_default": False,
        "enabled": True,
    }
    assert set(change) == {"generation", "action", "weights", "step", "state", "by", "why", "at"}


WHY = ("--why", "x")
REFUSED = [
    (("status", "chekout"), "experiment chekout is not in the settings; they have checkout, later"),
    (("set", "checkout", "old=50", "mew=50", *WHY), "experiment checkout has no variant 'mew'; it has old, new"),
    (("set", "checkout", "old=50", "new=49", *WHY), "expected some >= 0 that sum to 100, got a sum of 99"),
    (("set", "checkout", "old=50", "old=50", *WHY), "variant old has two weights; name it once"),
    (("set", "checkout", "new", *WHY), "weight 'new' cannot be read: expected VARIANT=WEIGHT with a weight from 0 to"),
    (("set", "checkout", "new=all", *WHY), "weight 'new=all' cannot be read: expected VARIANT=WEIGHT"),
    (("set", "checkout", "new=nan", *WHY), "weight 'new=nan' cannot be read: expected VARIANT=WEIGHT"),
    (("set", "checkout", "new=101", *WHY), "weight 'new=101' cannot be read: expected VARIANT=WEIGHT"),
    (("end", "checkout", "--winner", "mew", *WHY), "experiment checkout has no variant 'mew'; it has old, new"),
]


@pytest.mark.parametrize(("command", "text"), REFUSED, ids=[" ".join(command) for command, _ in REFUSED])
def test_what_cannot_be_done_is_one_line(command: tuple[str, ...], text: str, run: Run) -> None:
    for form in ((), ("--json",)):
        code, out, err = run(*command, "--config", "job.yaml", *form)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert text in err


@pytest.mark.parametrize("command", [("set", "checkout", "new=100"), ("end", "checkout", "--winner", "new")], ids=str)
def test_a_change_needs_its_reason(command: tuple[str, ...], run: Run) -> None:
    code, _, err = run(*command, "--config", "job.yaml")
    assert code == 2
    assert "Missing option '--why'" in re.sub(r"\x1b\[[0-9;]*m", "", err)
