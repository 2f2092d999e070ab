"""Help says what a command is for, in one line, grouped as a newcomer looks for it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from gress.cli.main import app
from gress.cli.panels import PANELS, RUN, WATCH, PanelGroup

# Width of a line of `gress --help` in a terminal of 80 columns.
WIDTH = 64


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(None):
        command = group.commands[name]
        yield " ".join((*path, name)), command
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))


COMMANDS = dict(_commands(get_command(app)))


def test_panels_in_order_and_run_first() -> None:
    done = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    places = [done.output.index(f"─ {panel} ─") for panel in PANELS]
    assert places == sorted(places)
    assert next(iter(COMMANDS)) == "run"


def test_a_command_without_a_panel_comes_last() -> None:
    group = typer.Typer(cls=PanelGroup)
    group.command("loose")(lambda: None)
    group.command("seen", rich_help_panel=WATCH)(lambda: None)
    group.command("ran", rich_help_panel=RUN)(lambda: None)
    assert get_command(group).list_commands(None) == ["ran", "seen", "loose"]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_is_one_line(name: str) -> None:
    first = " ".join(COMMANDS[name].help.split("\n\n")[0].split())
    assert first.endswith(".")
    assert len(first) <= WIDTH, first


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("columns", [80, 120])
def test_help_breaks_only_where_a_line_is_full(
    name: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.rich_utils.MAX_WIDTH", columns)
    shown = CliRunner().invoke(app, [*name.split(), "--help"]).output
    lines = [line[1:].rstrip() for line in shown.partition("╭")[0].splitlines()]
    for line, after in itertools.pairwise(lines):
        if line and after:
            assert len(line) + 1 + len(after.split()[0]) > columns - 2, (line, after)
