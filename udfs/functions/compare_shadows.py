"""Scored rows in, comparisons with the shadows of their experiments out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from conf.experiments.experiment_choice import experiments_of, paired_experiments, shadow_experiments
from conf.settings import JobSettings, MlSettings
from state.drift.rows import joined_texts
from state.sql import SqlColumns
from udfs.columns.packed_texts import text_of
from udfs.columns.side_columns import SHADOW
from udfs.experiments.idle_priority import idle_priority
from udfs.experiments.open_arms import ArmModels
from udfs.experiments.router import Router
from udfs.experiments.shadow_rows import read_rows
from udfs.experiments.shadows import Compared, ShadowLog, ShadowOptions, Shadows
from udfs.features.feature_set import compile_feature_set
from udfs.functions.prediction_texts import PredictionTexts, block
from udfs.functions.vector_function import Columns
from udfs.logs import set_up_logs
from udfs.metrics.experiments import ShadowRecorder
from udfs.metrics.exporter import export_metrics
from udfs.rows import comparisons_of
from udfs.scoring.breaker import BreakerOptions
from udfs.scoring.ladder import Ladder, LadderOptions
from udfs.verdicts.paired import PairedOutcomes

PAIRED = "__paired"
_FAILURES = 2
"""Failed batches of a shadow after which it is left alone: no answer needs it, and rows would wait for it."""

_MOST_ROWS = 4_096
"""Rows of several batches that are scored at once; a batch of more is scored by itself."""


@dataclass
class CompareShadows:
    """A function that scores answered rows with the other variants of their experiment.

    Args:
        job: settings of the job.
        ml: settings of models and experiments.
        longest_wait_s: longest time between a row's answer and its shadows; None: rows wait as long as they must.
        kind: ``BYTES``, the lines of a batch without the end of the last; or ``ARRAY<STRING>``, each by itself.
        gives_way: whether shadows have only the processor time that answers leave.
    """

    job: JobSettings
    ml: MlSettings
    longest_wait_s: float | None = None
    kind: Literal["BYTES", "ARRAY<STRING>"] = "BYTES"
    gives_way: bool = False

    def __post_init__(self) -> None:
        self._models: ArmModels | None = None

    @property
    def inputs(self) -> SqlColumns:
        """The rows of a batch."""
        return ((SHADOW, "BYTES"),)

    @property
    def outputs(self) -> SqlColumns:
        """Comparisons as lines, and the outcomes of both models as a text; NULL where there are none."""
        return (("__comparisons", self.kind), *(((PAIRED, "STRING"),) if self._is_paired else ()))

    @property
    def _is_paired(self) -> bool:
        return bool(paired_experiments(self.ml, self.job.inference.model_name))

    def open(self) -> None:
        """Load the models of all variants."""
        set_up_logs(self.ml.logs)
        export_metrics(self.job.name, self.ml.metrics)
        inference = self.job.inference
        experiments = {each.name: each for each in shadow_experiments(self.ml, inference.model_name)}
        self._written = {name for name, each in experiments.items() if each.collect_comparison}
        router = Router(experiments_of(self.ml, inference.model_name), self.job.events)
        # A variant that is switched off is no shadow either.
        arms = [arm for arm in router.arms if arm.experiment in experiments and arm.is_enabled]
        features = compile_feature_set(self.job.features, self.job.events)
        models = ArmModels(self.ml, inference, features, arms, self.job.name)
        ladders = {arm: Ladder(source, self._options(), ShadowLog()) for arm, source in models.alone()}
        recorder = ShadowRecorder(self.job.name, arms) if self.ml.metrics.port else None
        options = ShadowOptions(inference.alert_threshold, self.longest_wait_s)
        self._shadows = Shadows(router.arms, ladders, options, recorder)
        self._models = models
        self._paired = PairedOutcomes(self.job, self.ml)
        self._texts = PredictionTexts(self.job, comparisons_of(self.job))

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Score the rows of each batch."""
        with idle_priority() if self.gives_way else nullcontext():
            return self._run(columns)

    def _run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        batches = read_rows(columns[SHADOW], _MOST_ROWS)
        compared = [list(self._shadows.compare(batch)) for batch in batches]
        nothing = [None] * (len(columns[SHADOW]) - len(batches))
        made: dict[str, Sequence[Any]] = {"__comparisons": [*map(self._lines, compared), *nothing]}
        return made | ({PAIRED: [*map(self._outcomes, compared), *nothing]} if self._is_paired else {})

    def close(self) -> None:
        """Let the models go, where there are any."""
        if self._models is not None:
            self._shadows.close()
            self._models.close()

    def _outcomes(self, compared: list[Compared]) -> str | None:
        found = (outcomes for columns in compared for outcomes in self._paired.take(columns))
        return joined_texts(text_of(outcomes.times, outcomes.to_bytes()) for outcomes in found)

    def _lines(self, compared: list[Compared]) -> bytes | list[str] | None:
        blocks = [
            block(self._texts.write(columns, end="\n"))
            for columns in compared
            if columns["__experiment"][0] in self._written
        ]
        lines = b"\n".join(each for each in blocks if each is not None)
        if not lines:
            return None
        return lines if self.kind == "BYTES" else lines.decode().split("\n")

    def _options(self) -> LadderOptions:
        settings = self.ml.inference
        failures = min(_FAILURES, settings.breaker_failures)
        breaker = BreakerOptions(failures, settings.breaker_open_ms / 1000, settings.breaker_successes)
        return LadderOptions(np.nan, settings.max_latency_ms / 1000, self.job.inference.max_concurrency, breaker)
