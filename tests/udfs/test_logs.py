"""Lines of the log as JSON, in a process of its own: logging is one for all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import logging, sys
from udfs.logs import fields, set_up_logs
{before}
set_up_logs("{form}")
set_up_logs("{form}")
logging.getLogger("gress.models").warning("model %s is %d %%", "m", 7, extra=fields("model_loaded", version="1.0.0"))
logging.getLogger("other").warning("not ours")
logging.getLogger("gressive").warning("not ours either")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("gress").exception("went wrong")
logging.getLogger("gress.models").info("a change")
"""
BASIC = "logging.basicConfig(format='%(levelname)s - %(message)s', stream=sys.stderr)"


def lines(repository: Path, form: str, before: str = "") -> list[str]:
    program = PROGRAM.format(form=form, before=before)
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stderr.splitlines()


def test_our_lines_are_objects_and_others_stay_as_they_are(repository: Path) -> None:
    first, other, similar, failure = lines(repository, "json", BASIC)
    found = json.loads(first)
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "WARNING",
        "logger": "gress.models",
        "message": "model m is 7 %",
        "event": "model_loaded",
        "version": "1.0.0",
    }
    assert other == "WARNING - not ours"
    assert similar == "WARNING - not ours either"
    assert "ZeroDivisionError" in json.loads(failure)["error"]


def test_where_nobody_set_logging_up_changes_are_told_too(repository: Path) -> None:
    found = lines(repository, "json")
    assert json.loads(found[-1])["message"] == "a change"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a file that is always full")
def test_log_that_finds_no_room_stops_nobody(repository: Path) -> None:
    program = PROGRAM.format(form="json", before=BASIC) + "print('went on', flush=True)"
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.stdout == "went on\n"


def test_text_changes_nothing(repository: Path) -> None:
    assert lines(repository, "text", BASIC)[0] == "WARNING - model m is 7 %"
