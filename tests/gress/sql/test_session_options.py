"""Choices of a session as options of Flink, alike for `gress sql` and for Flink's own tools."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conf.loading.loader import load_settings
from gress.sql.session_options import SessionOptions
from gress.sql_tools.session_options import session_options

TOLD = pytest.mark.parametrize("options_of", [SessionOptions.flink_options, session_options], ids=["session", "tools"])
OptionsOf = Callable[[SessionOptions], dict[str, str]]


def session(is_batch: bool, *overrides: str) -> SessionOptions:
    return SessionOptions(load_settings(overrides=list(overrides), environ={}), is_batch=is_batch)


@TOLD
@pytest.mark.parametrize(("is_batch", "mode"), [(True, "batch"), (False, "streaming")], ids=["batch", "stream"])
def test_queries_have_a_mode_and_fail_at_once(options_of: OptionsOf, is_batch: bool, mode: str) -> None:
    found = options_of(session(is_batch))
    assert (found["execution.runtime-mode"], found["restart-strategy.type"]) == (mode, "none")


@TOLD
def test_options_of_the_settings_win(options_of: OptionsOf) -> None:
    given = '{"restart-strategy.type": fixed-delay, "execution.runtime-mode": batch, "a.b": true}'
    found = options_of(session(False, f"execution.flink={given}"))
    assert (found["execution.runtime-mode"], found["restart-strategy.type"]) == ("batch", "fixed-delay")
    assert found["a.b"] == "true"


def test_jobs_of_a_tool_run_in_it_whatever_the_settings_say() -> None:
    found = session_options(session(False, 'execution.flink={"execution.target": remote}'))
    assert found["execution.target"] == "local"
