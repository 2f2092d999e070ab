"""An experiment replayed from files, with the settings that judge it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conf.experiments.ab_testing import ExperimentSettings
from conf.folders.whole_file import whole_file
from conf.loading.loader import load_settings
from conf.settings import JobSettings, Settings
from gress.experiments.policy import MetricUnderPolicy, parse_policy, values_under_policy
from gress.experiments.reading.logged_rows import read_logged_rows
from gress.experiments.reading.row_columns import row_columns
from gress.experiments.replay import replay
from jobs.errors import fail, refuse


@dataclass(frozen=True)
class Replayed:
    """Findings of a replay.

    Attributes:
        experiment: name of the experiment.
        records: records of all looks, in their order.
        left_out: parts of the verdict that rows do not hold, each with the reason.
        policy: metrics under the policy of the request; None: it has none.
    """

    experiment: str
    records: list[dict[str, Any]]
    left_out: Mapping[str, str]
    policy: list[MetricUnderPolicy] | None

    def write(self, path: Path) -> None:
        """Write the records as JSON Lines; an existing file is replaced.

        Raises:
            JobError: the file cannot be written.
        """
        import orjson

        try:
            with whole_file(path) as part:
                part.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in self.records))
        except OSError as error:
            fail(
                f"output {path}",
                f"expected a file that can be written, got: {error.strerror}",
                "name another with --output",
            )


def replay_files(
    paths: Sequence[Path], config: Path, overrides: Sequence[str], name: str = "", policy: str | None = None
) -> Replayed:
    """Replay an experiment.

    Args:
        paths: folders and files of predictions, or of runs, whose alerts are predictions that are there already.
        config: YAML file with the job and the experiment.
        overrides: settings that win over the file.
        name: name of the experiment; empty: the only one with a verdict.
        policy: policy to estimate each metric under, as `parse_policy` takes it.

    Raises:
        JobError: the settings have no such experiment, or rows do not hold it.
    """
    settings = load_settings(config, overrides=overrides, environ=os.environ)
    experiment = _experiment(settings, config, name)
    columns = row_columns(_job(settings, config), experiment)
    shares = None if policy is None else parse_policy(policy, experiment)
    rows = read_logged_rows([_predictions_in(path) for path in paths], experiment, columns)
    records = replay(experiment, rows, columns.metrics)
    found = None if shares is None else values_under_policy(experiment, rows, columns.metrics, shares)
    return Replayed(experiment.name, records, columns.left_out, found)


def _predictions_in(path: Path) -> Path:
    """Return the folder of predictions in that of a run; another path as it is."""
    return path / "predictions" if (path / "predictions").is_dir() else path


def _job(settings: Settings, config: Path) -> JobSettings:
    if settings.job is None:
        refuse(str(config), "a `job:` with events, features and inference", "none")
    return settings.job


def _experiment(settings: Settings, config: Path, name: str) -> ExperimentSettings:
    """Return an experiment with a verdict, even where it is switched off by now."""
    listed = settings.ml.ab_testing.experiments
    found = [each for each in listed if each.verdict is not None and name in ("", each.name)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(each.name for each in listed) or "none"
    if name:
        refuse(f"{config}: experiment {name!r}", "the name of an experiment with a verdict", f"of these: {names}")
    refuse(str(config), "one experiment with a verdict", names, "name one with --experiment, and give it a verdict")
