"""A run to take pictures of: card transactions, some of them damaged, while a new version of the model is promoted."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from pathlib import Path

import gress
from gress.metrics.scrape import scrape
from gress.top.view import TopView
from gress.top.watch import Targets, Watch
from jobs.sources.generated import generate

INPUT = "generator:days=50,customers=15000"
# One line in so many is damaged, each time in another way.
DAMAGED_EVERY = 400
MODEL = "fraud-detector"
PORT = 9249
# Scored by the first version before the second is promoted, and by the second before the picture is taken.
ROWS_BEFORE_PROMOTION, ROWS_AFTER_IT = 20_000, 500_000
LONGEST_S = 1_500


def write_input(folder: Path) -> Path:
    """Write transactions of which some cannot be read; return the file."""
    path = generate(INPUT, folder)
    lines = path.read_text("utf-8").splitlines()
    damages = (
        lambda line: line[: len(line) // 2],
        lambda line: line.replace('"TX_AMOUNT":', '"AMOUNT":'),
        lambda line: line.replace('"TX_AMOUNT":', '"TX_AMOUNT":-'),
    )
    for number, place in enumerate(range(DAMAGED_EVERY, len(lines), DAMAGED_EVERY)):
        lines[place] = damages[number % len(damages)](lines[place])
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def run(folder: Path) -> tuple[Path, TopView]:
    """Run the job to its end; return its folder, and what ``gress top`` showed while it ran."""
    registry = folder / "registry"
    gress.pull(gress.open_registry("package:models"), MODEL, "1.0.0", registry)
    gress.pull(gress.open_registry("package:models"), MODEL, "2.0.0", registry)
    models = gress.open_registry(str(registry))
    gress.promote(models, MODEL, "1.0.0", by="ana", why="first")
    output = folder / "out"
    process = subprocess.Popen(_command(write_input(folder), output, registry))
    try:
        view = _watch(process, models)
        if process.wait() != 0:
            problem = f"expected a run that ends well, got exit code {process.returncode}"
            raise RuntimeError(problem)
    finally:
        process.kill()
    return output, view


def _command(source: Path, output: Path, registry: Path) -> list[str]:
    settings = (
        f"ml.model_registry.base_path={registry}", "ml.models=[]", 'job.inference.model_version=""',
        f"ml.metrics.port={PORT}", f"ml.metrics.folder={output.parent / 'metrics'}",
        "ml.drift.enabled=true", "ml.drift.sample=1", "ml.drift.window=1d",
    )  # fmt: skip
    asked = [part for setting in settings for part in ("--set", setting)]
    paths = ("--input", str(source), "--output", str(output))
    return [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", *paths, *asked]


def _watch(process: subprocess.Popen[bytes], models: gress.Registry) -> TopView:
    """Look every second; promote the second version on the way; return the view once it has scored enough rows."""
    targets = Targets((f"localhost:{PORT}",))
    until = time.monotonic() + LONGEST_S
    has_promoted = False
    with Watch(targets) as watch:
        while time.monotonic() < until and process.poll() is None:
            time.sleep(targets.interval_s)
            found = watch.look()
            if not has_promoted and _rows() > ROWS_BEFORE_PROMOTION:
                gress.promote(models, MODEL, "2.0.0", by="ana", why="better recall")
                has_promoted = True
            if _rows() > ROWS_BEFORE_PROMOTION + ROWS_AFTER_IT and found.rows_per_s:
                now = dt.datetime.now(dt.timezone.utc)
                title = f"gress top  {now:%H:%M:%S} UTC  every {targets.interval_s:g} s  {targets.endpoints[0]}"
                return TopView(found, title, is_fitted=True)
    problem = f"expected {ROWS_BEFORE_PROMOTION + ROWS_AFTER_IT} rows while the run lasts, got none to show"
    raise RuntimeError(problem)


def _rows() -> float:
    """Return how many rows were scored so far."""
    found = scrape(f"localhost:{PORT}", timeout_s=2.0)
    return sum(count for series, count in found.counters.items() if series.name == "predictions_total")
