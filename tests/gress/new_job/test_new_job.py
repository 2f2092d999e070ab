"""The folder of a new job works as it was written, or is not there."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gress
from gress.config_check import check_settings
from gress.new_job.new_job import NewJob, make_job
from gress.new_job.write_folder import WrittenFolder
from jobs.errors import JobError
from models.errors import ModelError
from models.registry import local_registry

NOW = dt.datetime(2026, 2, 1, tzinfo=dt.timezone.utc)
FILES = ["README.md", "job.yaml", "registry", "sample.jsonl", "test_job.py"]
ROWS = 120


def rooms() -> list[dict[str, Any]]:
    """Return bookings of rooms with names that are no columns, two of them without a time, some without a guest."""
    draw = np.random.default_rng(1)
    rows = []
    for number in range(ROWS):
        nights, price = int(draw.integers(1, 8)), round(float(draw.uniform(40, 90)), 2)
        rows.append(
            {
                "booking no": number,
                "booked at": "" if number in (3, 9) else f"2026-01-{number // 24 + 1:02}T{number % 24:02}:00:00Z",
                "guest": "" if number % 5 == 0 else f"guest\u2028{number % 30}",
                "2nd floor": str(draw.random() < 0.5).lower(),
                "kind": ["single", "double", "suite"][draw.integers(3)],
                "nights": nights,
                "price": price,
                "paid": round(nights * price * 0.01 + float(draw.normal(0, 0.1)), 2),
            }
        )
    return rows


@pytest.fixture(scope="module")
def bookings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bookings") / "bookings.csv"
    rows = rooms()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def from_csv(bookings: Path) -> WrittenFolder:
    parts = {"id": "booking no", "time": "booked at", "label": "paid"}
    wanted = NewJob("stays", bookings.with_name("stays"), str(bookings), ["price:decimal"], parts)
    return make_job(wanted, NOW)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> WrittenFolder:
    fields = ["id:string", "at:timestamp", "area:double", "kind:string", "is_new:boolean", "label:boolean"]
    return make_job(NewJob("homes", tmp_path_factory.mktemp("new") / "homes", fields=fields), NOW)


def test_tests_of_new_folders_pass_as_they_are_written(
    from_csv: WrittenFolder, made_up: WrittenFolder, tmp_path: Path
) -> None:
    files = [made.path / "test_job.py" for made in (from_csv, made_up)]
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib", f"--rootdir={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed" in done.stdout


@pytest.mark.parametrize("name", ["from_csv", "made_up"])
def test_settings_of_a_new_folder_are_those_of_a_run(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: WrittenFolder = request.getfixturevalue(name)
    # A test before this one may have run what was written.
    assert sorted(path.name for path in made.path.iterdir() if "cache" not in path.name) == FILES
    monkeypatch.chdir(made.path)
    settings, problems = check_settings(Path("job.yaml"))
    assert problems == []
    assert settings is not None
    assert settings.job is not None
    # Widths of comments and quotes are as a person would write them: no line is folded.
    assert max(map(len, Path("job.yaml").read_text(encoding="utf-8").splitlines())) <= 120


def test_feature_in_the_comment_is_right_and_asks_for_another_model(
    from_csv: WrittenFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(from_csv.path)
    text = Path("job.yaml").read_text(encoding="utf-8")
    file = tmp_path / "job.yaml"
    file.write_text(text.replace("      # - {name: events_1d", "      - {name: events_1d"), encoding="utf-8")
    assert check_settings(file, needs_model=False)[1] == []
    (problem,) = check_settings(file)[1]
    assert "model stays@1.0.0 was trained on 25 columns, the job's features have 26" in str(problem)


def test_settings_say_what_the_sample_showed(from_csv: WrittenFolder) -> None:
    job = gress.load_settings(from_csv.path / "job.yaml").job
    assert job is not None
    kinds = {name: (field.type, field.source, field.required) for name, field in job.events.fields.items()}
    assert kinds == {
        "booking_no": ("long", "booking no", True),
        "booked_at": ("timestamp", "booked at", True),
        "guest": ("string", None, False),
        "f_2nd_floor": ("boolean", "2nd floor", True),
        "kind": ("string", None, True),
        "nights": ("long", None, True),
        "price": ("decimal", None, True),
        "paid": ("double", None, False),
    }
    assert [(spec.name, spec.type) for spec in job.features.specs] == [
        ("guest", "hash"),
        ("f_2nd_floor", "numerical"),
        ("kind", "onehot"),
        ("nights", "numerical"),
        ("price", "numerical"),
        ("clock", "temporal"),
    ]
    assert job.inference.alert_threshold is None


def test_settings_say_whose_clock_is_read(from_csv: WrittenFolder) -> None:
    lines = (from_csv.path / "job.yaml").read_text(encoding="utf-8").splitlines()
    (place,) = (place for place, line in enumerate(lines) if "name: clock" in line)
    assert lines[place - 1].strip() == "# by the clock of UTC; another one with the parameter timezone: Europe/Paris"


def test_sample_holds_the_events_that_a_run_reads(from_csv: WrittenFolder) -> None:
    lines = (from_csv.path / "sample.jsonl").read_text(encoding="utf-8").strip().split("\n")
    assert [json.loads(line)["booking no"] for line in lines] == [row for row in range(ROWS) if row not in (3, 9)]
    assert (from_csv.events, from_csv.left_out) == (ROWS - 2, 2)
    assert "booked_at" in from_csv.problem


def test_model_serves_with_golden_rows_baseline_and_figures(from_csv: WrittenFolder) -> None:
    registry = local_registry(from_csv.path / "registry")
    latest = registry.deployments("stays").latest()
    assert latest is not None
    assert latest.primary == "1.0.0"
    spec = registry.spec("stays", "1.0.0")
    assert spec.created_at == NOW
    assert spec.golden is not None
    assert spec.baseline is not None
    assert spec.metrics["mean_absolute_error"] < spec.metrics["mean_absolute_error_of_mean"]


def test_model_finds_the_law_of_events_that_are_made_up(made_up: WrittenFolder) -> None:
    # The best that can be had: four of five events are told apart.
    assert made_up.fitted.figures["auc_roc"] == pytest.approx(0.8, abs=0.1)


def test_the_same_words_write_the_same_folder(made_up: WrittenFolder, tmp_path: Path) -> None:
    fields = ["id:string", "at:timestamp", "area:double", "kind:string", "is_new:boolean", "label:boolean"]
    again = make_job(NewJob("homes", tmp_path / "again", fields=fields), NOW)
    for file in ("README.md", "job.yaml", "sample.jsonl", "registry/homes/1.0.0/model.onnx"):
        assert (again.path / file).read_bytes() == (made_up.path / file).read_bytes()


def test_fields_are_asked_for_where_there_is_somebody(tmp_path: Path) -> None:
    answers = iter(["no:long at:timestamp area:double sold:boolean", "no", "no", "sold"])
    made = make_job(NewJob("homes", tmp_path / "homes"), NOW, lambda question, usual: next(answers))
    job = gress.load_settings(made.path / "job.yaml").job
    assert job is not None
    assert (job.events.id, job.events.time, job.events.label) == ("no", "at", "sold")
    assert list(answers) == []


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"name": "a/b"}, r"job name: expected letters, .* no sign first, got 'a/b'; name it such as late-orders"),
        ({}, r"job 'homes': expected a --sample file of events, or a --field NAME:TYPE for each field, got neither"),
        ({"fields": ["id:long", "t:time"]}, r"field 't:time': expected a type of long"),
        (
            {"fields": ["id:long", "time:long", "a:long", "label:long"]},
            r"--time time: expected .* timestamp, got type lo",
        ),
        ({"sample": "few.jsonl"}, r"label: expected at least 20 events that have one, got 2; give a larger sample"),
        (
            {"sample": "few.jsonl", "fields": ["b:long"]},
            r"field 'b': expected a field of the sample, got one of id, ti",
        ),
        ({"sample": "few.jsonl", "fields": ["a:timestamp"]}, r"sample: no event is one that a run would read: .*'a'"),
        ({"sample": "huge.jsonl"}, r"feature 'a': expected numbers below 3.4e38, got larger ones; use another unit"),
        (
            {"sample": "few.jsonl", "parts": {"label": "mixed"}},
            r"--label mixed: expected finite numbers, texts or booleans, got others, or none; mend the sample",
        ),
    ],
    ids=["name", "nothing", "type", "time", "few", "unknown", "wrong", "huge", "mixed"],
)
def test_mistake_is_a_line_and_leaves_nothing(
    wanted: dict[str, Any], error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    few = [{"id": n, "time": "2026-01-01", "a": "x", "label": n, "mixed": ("x", 1)[n]} for n in (0, 1)]
    huge = [{"id": n, "time": "2026-01-01", "a": 1e300, "label": n % 2} for n in range(40)]
    for name, rows in (("few.jsonl", few), ("huge.jsonl", huge)):
        Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises((JobError, ModelError), match=error) as refused:
        make_job(NewJob(**{"name": "homes", "output": tmp_path / "homes", **wanted}), NOW)
    assert "\n" not in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few.jsonl", "huge.jsonl"]


def test_library_that_is_not_installed_is_a_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    fields = ["id:long", "time:timestamp", "a:long", "label:long"]
    with pytest.raises(ModelError, match=r"need onnx: .*; pip install 'gress-ml\[learning\]'"):
        make_job(NewJob("homes", tmp_path / "homes", fields=fields), NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("full", r"folder .*homes: expected a new or empty folder, got one with files in it; name another --output"),
        ("file", r"folder .*homes: expected a new or empty folder, got a file or a link"),
        ("link", r"folder .*homes: expected a new or empty folder, got a file or a link"),
        ("nowhere", r"folder .*homes: expected a folder to make it in, got no .*nowhere; make that first"),
        ("locked", r"folder .*homes: expected a folder that you may write to, got .*, which you may not; name another"),
    ],
)
def test_folder_that_is_not_free_is_left_alone(
    kind: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "homes"
    if kind == "full":
        output.mkdir()
        (output / "mine.txt").write_text("mine")
    elif kind == "file":
        output.write_text("mine")
    elif kind == "link":
        output.symlink_to(tmp_path / "elsewhere")
    elif kind == "locked":
        # Root may write wherever the file's mode forbids it.
        monkeypatch.setattr(os, "access", lambda *_: False)
    else:
        output = tmp_path / "nowhere" / "homes"
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(JobError, match=error):
        make_job(NewJob("homes", output, fields=["id:long"]), NOW)
    assert sorted(tmp_path.rglob("*")) == before


def test_empty_folder_is_filled_for_a_shell_that_stands_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fields = ["id:long", "time:timestamp", "a:long", "label:double"]
    make_job(NewJob("homes", Path(), fields=fields), NOW)
    assert sorted(os.listdir()) == FILES


def test_model_learns_from_the_events_with_a_label_in_the_order_of_their_times(tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    labelled = []
    for number in range(100):
        # The meaning of a turns over at the end, so that it matters which events are held out.
        a = float(draw.normal())
        time = f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"
        labelled.append({"id": number, "time": time, "a": a, "label": int((a > 0) == (number < 80))})
    unlabelled = [{"id": 100 + n, "time": "2026-01-02", "a": float(n)} for n in range(30)]
    mixed = [[*labelled, *unlabelled][at] for at in draw.permutation(130)]
    found = []
    for name, rows in (("plain", labelled), ("mixed", mixed)):
        sample = tmp_path / f"{name}.jsonl"
        sample.write_text("".join(json.dumps(row) + "\n" for row in rows))
        found.append(make_job(NewJob(name, tmp_path / name, str(sample)), NOW).fitted)
    plain, other = found
    assert plain.figures["auc_roc"] < 0.2
    assert (other.trained, other.held_out, other.figures) == (80, 20, pytest.approx(plain.figures))
    np.testing.assert_allclose(other.model.weights, plain.model.weights)
