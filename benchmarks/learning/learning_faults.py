"""A job that learns is killed again and again, and continues: it learns what an undisturbed run learns, bit for bit.

The job of ``data/learning_faults.yaml`` learns from generated card transactions, and leaves a version a day of event
time. While it learns, the benchmark sends ``kill -9`` ``KILLS`` times, up to 1 s after a checkpoint, to a random
victim: the command with its JVM (``run``), the JVM alone (``jvm``), or a Python worker (``python``), which Flink
replaces. After the first two the job is started again with ``--resume``. Figures:

- ``kills``, and ``victims`` by kind.
- ``weights_identical``: 1 if the snapshots of all versions, which hold all weights, are those of an undisturbed run
  byte for byte; else 0.
- ``samples_lost``, ``samples_doubled``: input rows less rows that were learnt, held out or skipped by the last slot,
  and the other way round; ``slots_different``: slots whose counts or scores are not those of the undisturbed run.
- ``published_twice``: lines of progress beyond the first with a version, and versions in the registry beyond those of
  the undisturbed run; ``published_never``: those that are missing.
- ``predictions_lost``: events without a prediction less predictions beyond one.

``python -m benchmarks learning_faults [EVENTS KILLS SEED VICTIMS]``, VICTIMS as in ``run,jvm,python`` (the default).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from benchmarks.learning.learnt_files import compared, write_events
from benchmarks.measure import ProcessStat, all_processes, descendants, load_average, print_figures
from jobs.run_folder.owner import MARKER
from jobs.workers.server import NAME

CONFIG = Path(__file__).parents[1] / "data" / "learning_faults.yaml"
VICTIMS = ("run", "jvm", "python")
_AFTER_S = 1.0
_PATIENCE_S = 300.0
_POLL_S = 0.02


@dataclass
class Killer:
    """A killer of a run that learns, which starts it again.

    Args:
        folder: folder for all files of the run.
        events: folder of its input.
        seed: seed of victims and moments.

    Attributes:
        killed: kinds of the victims so far.
    """

    folder: Path
    events: Path
    seed: int = 1
    killed: list[str] = field(default_factory=list)

    def run(self, kinds: Sequence[str], kills: int) -> None:
        """Run the job to its end, and kill victims of some kinds so many times.

        Raises:
            RuntimeError: the job ended before that, or by an error; the text has the run's.
        """
        random_, process = random.Random(self.seed), start(self.folder, self.events)
        # Each kind once before any again: a run puts up with the loss of three workers.
        rounds = (random_.sample(kinds, len(kinds)) for _ in range(kills))
        for kind in islice(chain.from_iterable(rounds), kills):
            self._wait_for_checkpoint(process)
            time.sleep(random_.uniform(0, _AFTER_S))
            self._kill(kind, process)
            self.killed.append(kind)
            print(f"{len(self.killed)}: {kind} was killed", flush=True)
            if kind != "python":
                process.wait()
                process = start(self.folder, self.events, "--resume")
        if process.wait():
            raise RuntimeError(self._told("expected the run to end well"))

    def _wait_for_checkpoint(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the job has made progress since now."""
        before = self._saved()
        self._wait(process, "a checkpoint", lambda: self._saved() - before)

    def _wait(self, process: subprocess.Popen[bytes], what: str, look: Callable[[], Any]) -> Any:
        """Wait until something is found, and return it."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (found := look()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self._told(f"expected {what} after {len(self.killed)} kills"))
            time.sleep(_POLL_S)
        return found

    def _saved(self) -> set[Path]:
        return set((self.folder / "out").glob(".checkpoints/*/chk-*/_metadata"))

    def _kill(self, kind: str, process: subprocess.Popen[bytes]) -> None:
        victims = [int((self.folder / "out" / MARKER).read_text("ascii").split()[0])]
        if kind == "python":
            victims = self._wait(process, "a Python worker", partial(_workers, victims[0]))[-1:]
        elif kind == "run":
            victims.insert(0, process.pid)
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _told(self, what: str) -> str:
        return f"{what}, got:\n{(self.folder / 'log').read_text(errors='replace')[-4000:]}"


def _workers(jvm: int) -> list[int]:
    """Return the Python workers of a JVM, the newest last."""
    stats = all_processes()
    below = descendants(stats, {jvm}) - {jvm}
    return [stat.pid for stat in sorted(stats, key=lambda stat: stat.started) if stat.pid in below and _is_python(stat)]


def _is_python(stat: ProcessStat) -> bool:
    return stat.name == NAME or stat.name.startswith("python")


def start(folder: Path, events: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own, which adds to a log beside its folder."""
    settings = {
        "ml.model_registry.base_path": folder / "models",
        "ml.online_learning.checkpoint_dir": folder / "snapshots",
    }
    given = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "gress.cli.main", "run", "fraud-detection", "--config", str(CONFIG)]
    command += ["--input", str(events), "--output", str(folder / "out"), *given, *options]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def main(events: str = "600000", kills: str = "20", seed: str = "1", victims: str = ",".join(VICTIMS)) -> None:
    """Print the figures."""
    load, kinds = load_average(), victims.split(",")
    if unknown := set(kinds) - set(VICTIMS):
        sys.exit(f"expected victims of {', '.join(VICTIMS)}, got {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="gress-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        write_events(folder / "events", int(events))
        figures = faults(folder, kinds, int(kills), int(seed))
    print(f"load average before {load}, after {load_average()}")
    print_figures(figures)


def faults(folder: Path, kinds: Sequence[str], kills: int, seed: int) -> dict[str, Any]:
    """Return the figures of a run that is killed, over the events in a folder."""
    undisturbed = start(folder / "undisturbed", folder / "events")
    if undisturbed.wait():
        raise RuntimeError((folder / "undisturbed" / "log").read_text(errors="replace")[-4000:])
    killer = Killer(folder / "killed", folder / "events", seed)
    killer.run(kinds, kills)
    counts = {"kills": len(killer.killed), "victims": dict(Counter(killer.killed))}
    return counts | compared(folder / "undisturbed", folder / "killed")


if __name__ == "__main__":
    main(*sys.argv[1:])
