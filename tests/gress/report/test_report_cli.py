from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gress.cli.main import main
from tests.gress.report.page_parts import parse
from tests.gress.report.runs import labelled_predictions, write_run

Gress = Callable[..., tuple[int, str, str]]


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gress:
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gress", "report", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_info:
            main()
        out, err = capsys.readouterr()
        return int(exit_info.value.code or 0), out, err

    return call


def test_page_is_written_beside_the_rows(report: Gress, tmp_path: Path) -> None:
    write_run(tmp_path, predictions=labelled_predictions(30))
    assert report(tmp_path) == (0, f"{tmp_path}/report.html\n", "")
    assert "<h1>fraud-detection</h1>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_page_goes_where_it_is_told_with_its_title(report: Gress, tmp_path: Path) -> None:
    write_run(tmp_path / "run", predictions=labelled_predictions(30))
    target = tmp_path / "page.html"
    assert report(tmp_path / "run", "--output", target, "--title", "May & June") == (0, f"{target}\n", "")
    assert "May & June" in parse(target.read_text(encoding="utf-8")).text
    assert not (tmp_path / "run" / "report.html").exists()


def test_folder_that_is_no_run_is_refused_in_a_line(report: Gress, tmp_path: Path) -> None:
    code, out, err = report(tmp_path)
    assert (code, out) == (2, "")
    assert err == (
        f"run {tmp_path}: expected a finished run with a summary.json, got a folder without one; "
        "name the --output of a `gress run` that came to its end\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_written_is_refused_in_a_line(report: Gress, tmp_path: Path) -> None:
    write_run(tmp_path, predictions=labelled_predictions(30))
    code, _, err = report(tmp_path, "--output", tmp_path / "none" / "page.html")
    assert code == 2
    assert "expected a file that can be written, got: No such file or directory; name another with --output" in err
