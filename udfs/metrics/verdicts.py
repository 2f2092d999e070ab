"""Metrics of verdicts, set at each look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conf.settings import MetricsSettings
from udfs.metrics.exporter import export_metrics
from udfs.metrics.series import series

PAIRED = "paired:"
"""Prefix of the metrics of two models on the same rows."""


class VerdictRecorder:
    """A recorder of the records of looks.

    It can be shipped to a worker until its first call, which starts the endpoint. Without a port nothing is recorded.

    Args:
        job: name of the job.
        settings: settings of the metrics endpoint.
        is_serving: this process may start the endpoint.
    """

    def __init__(self, job: str, settings: MetricsSettings, *, is_serving: bool = True) -> None:
        self._job, self._settings, self._is_serving = job, settings, is_serving
        # By experiment and variant.
        self._actions: dict[tuple[str, str], str] = {}

    def looked(self, record: Mapping[str, Any]) -> None:
        """Show the values in the record of a look; values that it lacks stay as they were."""
        if not self._settings.port:
            return
        export_metrics(self._job, self._settings, is_serving=self._is_serving)
        names = record["experiment"], record["variant"]
        for metric, rule in record["rules"]["metrics"].items():
            title = f"{PAIRED if record['is_paired'] else ''}{metric}"
            for bound, value in _gain(record["numbers"], metric, rule["better"]).items():
                if value is not None:
                    series("abtest_verdict_gain", self._job, *names, title, bound).set(value)
        if not record["is_paired"]:
            self._show_action(names, record["action"])

    def close(self) -> None:
        """Show no action any more: a process that outlives the job would show it for ever."""
        for names in list(self._actions):
            self._show_action(names, "")

    def _show_action(self, names: tuple[str, str], action: str) -> None:
        for shown, value in ((self._actions.get(names, ""), 0), (action, 1)):
            if shown:
                series("abtest_verdict_info", self._job, *names, shown).set(value)
        self._actions[names] = action


def _gain(numbers: Mapping[str, float | None], metric: str, better: str) -> dict[str, float | None]:
    """Return by how much the variant is better, and the bounds of it; None: not known yet."""
    difference = numbers[f"{metric}.difference"]
    if difference is not None and better == "lower":
        difference = -difference
    bounds = {bound: numbers[f"{metric}.gain_{bound}"] for bound in ("lower", "upper")}
    return {"estimate": difference, **bounds}
