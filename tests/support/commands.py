"""Answers of commands."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
"""Runs a command; returns exit code, output and errors."""

Answer = Callable[..., str]


def answer_of(run: Run, *arguments: object) -> str:
    """Run a command that must succeed, and return its output."""
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    return out


def refusal_of(run: Run, *arguments: object) -> str:
    """Run a command that must do nothing, and return the one line that it ends with."""
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    return err
