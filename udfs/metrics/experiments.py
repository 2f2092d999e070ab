"""Metrics of experiments, recorded batch by batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from udfs.metrics.pending import PendingMetrics
from udfs.metrics.ticker import TICKER

if TYPE_CHECKING:
    from udfs.experiments.arm_answer import ArmAnswer
    from udfs.experiments.router import Arm, Assignment

_REASONS = ("missing_unit", "variant_disabled")
_RESULTS = ("match", "mismatch")


class ExperimentRecorder:
    """A recorder of the variants that answer the batches of one operator.

    Args:
        job: name of the job.
        arms: the variants of its experiments.
    """

    def __init__(self, job: str, arms: Iterable[Arm]) -> None:
        self._pending = pending = PendingMetrics(job)
        for arm in arms:
            pending.counter("abtest_variant_selections_total", arm.experiment, arm.variant)
            pending.counter("abtest_variant_errors_total", arm.experiment, arm.variant, "prediction_failed")
            for reason in _REASONS:
                pending.counter("abtest_unassigned_total", arm.experiment, reason)
        TICKER.add(self.flush)

    def assigned(self, assignment: Assignment) -> None:
        """Count the rows of a batch for which no variant was drawn."""
        if assignment.missing or assignment.switched_off:
            with self._pending.lock:
                for reason, rows in zip(_REASONS, (assignment.missing, assignment.switched_off), strict=True):
                    for experiment, count in rows.items():
                        self._pending.counter("abtest_unassigned_total", experiment, reason).add(count)

    def answered(self, answers: Iterable[ArmAnswer], extraction_s: float) -> None:
        """Count the rows that each variant answered.

        Args:
            answers: of all variants to a batch.
            extraction_s: seconds to compute the features of the batch.
        """
        with self._pending.lock:
            for each in answers:
                if each.arm is not None:
                    self._answered(each, each.arm, extraction_s)

    def flush(self) -> None:
        """Write the counts so far."""
        self._pending.flush()

    def close(self) -> None:
        """Write the remaining counts and stop."""
        TICKER.remove(self.flush)
        self.flush()

    def _answered(self, each: ArmAnswer, arm: Arm, extraction_s: float) -> None:
        rows, why = len(each.answer.scores.prediction), each.answer.why
        names = arm.experiment, arm.variant
        self._pending.counter("abtest_variant_selections_total", *names).add(rows)
        self._pending.histogram("abtest_variant_latency_seconds", *names).add(extraction_s + each.seconds, rows)
        if why is not None:
            failed = sum(reason is not None for reason in why.tolist())
            self._pending.counter("abtest_variant_errors_total", *names, "prediction_failed").add(failed)


class ShadowRecorder:
    """A recorder of the shadows of one operator.

    Args:
        job: name of the job.
        arms: the variants that score as shadows.
    """

    def __init__(self, job: str, arms: Iterable[Arm]) -> None:
        self._pending = pending = PendingMetrics(job)
        for arm in arms:
            pending.counter("abtest_variant_errors_total", arm.experiment, arm.variant, "prediction_failed")
            pending.counter("abtest_shadow_skipped_total", arm.experiment, arm.variant)
            for result in _RESULTS:
                pending.counter("abtest_shadow_comparisons_total", arm.experiment, result)
        TICKER.add(self.flush)

    def compared(self, arm: Arm, matches: int, mismatches: int, seconds: float) -> None:
        """Count rows that a shadow scored in so many seconds."""
        with self._pending.lock:
            for result, rows in zip(_RESULTS, (matches, mismatches), strict=True):
                self._pending.counter("abtest_shadow_comparisons_total", arm.experiment, result).add(rows)
            latency = self._pending.histogram("abtest_variant_latency_seconds", arm.experiment, arm.variant)
            latency.add(seconds, matches + mismatches)

    def failed(self, arm: Arm, rows: int) -> None:
        """Count rows that a shadow failed on."""
        with self._pending.lock:
            name = "abtest_variant_errors_total"
            self._pending.counter(name, arm.experiment, arm.variant, "prediction_failed").add(rows)

    def skipped(self, arm: Arm, rows: int) -> None:
        """Count rows that a shadow was not given."""
        with self._pending.lock:
            self._pending.counter("abtest_shadow_skipped_total", arm.experiment, arm.variant).add(rows)

    def flush(self) -> None:
        """Write the counts so far."""
        self._pending.flush()

    def close(self) -> None:
        """Write the remaining counts and stop."""
        TICKER.remove(self.flush)
        self.flush()
