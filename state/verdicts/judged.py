"""Settings of an experiment that its shards need, and the ledger that it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from state.verdicts.ledgers.event_ledger import EventLedger
from state.verdicts.ledgers.reward_ledger import RewardLedger
from state.verdicts.ledgers.unit_ledger import UnitLedger
from state.verdicts.ledgers.unit_reward_ledger import UnitRewardLedger

if TYPE_CHECKING:
    from state.verdicts.ledgers.ledger import ArmsOf, Ledger


@dataclass(frozen=True)
class Judged:
    """Settings of an experiment that its shards need.

    Attributes:
        per_unit: for each metric, whether it is the sum of a unit's events.
        interval_ms: event time between looks.
        arms_of: function that returns the variants of points at some shares; it can be pickled.
        counts_scores: keep counts of predictions by outcome.
        described: what sums depend on, in words: variants, weights and metrics.
        assigns_events: each event is a unit.
        bandit_arms: number of variants of a bandit, whose metrics are means over events; 0: it is none.
    """

    per_unit: tuple[bool, ...]
    interval_ms: int
    arms_of: ArmsOf
    counts_scores: bool = False
    described: str = ""
    assigns_events: bool = False
    bandit_arms: int = 0

    def new_ledger(self) -> Ledger:
        """Return a ledger without rows."""
        metrics = len(self.per_unit)
        if self.bandit_arms:
            return RewardLedger(metrics) if self.assigns_events else UnitRewardLedger(metrics, self.bandit_arms)
        if self.assigns_events:
            return EventLedger(self.per_unit, counts_scores=self.counts_scores)
        return UnitLedger(self.per_unit, self.arms_of, counts_scores=self.counts_scores)

    def check(self, experiment: str, saved: str) -> None:
        """Refuse to continue with sums of other variants or metrics.

        Args:
            experiment: its name.
            saved: description of the sums that are saved.

        Raises:
            ValueError: the saved sums are of others.
        """
        if saved != self.described:
            msg = (
                f"experiment {experiment!r}: expected the settings of its saved sums ({saved}), got {self.described}; "
                "give the changed experiment another name, or start without the saved state"
            )
            raise ValueError(msg)
