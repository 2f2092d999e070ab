"""One experiment in one shard, as it is in memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from state.verdicts.ledgers.ledger import Ledger
from state.verdicts.outcomes import Outcomes

_NEVER = -(2**63)


@dataclass
class ShardTrial:
    """One experiment in one shard.

    Attributes:
        ledger: what looks have counted.
        waiting: rows that wait for their look, by number.
        next_number: number of the next rows that come.
        looks: times of the looks whose rows are saved beside the ledger, ascending.
        log_bytes: bytes of those rows.
        ledger_bytes: bytes of the ledger that is saved.
    """

    ledger: Ledger
    waiting: dict[int, Outcomes] = field(default_factory=dict)
    next_number: int = 0
    looks: list[int] = field(default_factory=list)
    log_bytes: int = 0
    ledger_bytes: int = 0

    @property
    def looked_at(self) -> int:
        """Time of the last look that counted rows."""
        return self.looks[-1] if self.looks else _NEVER

    def first_ms(self) -> int:
        """Return the time of the first row that waits; there is one."""
        return min(int(rows.times.min()) for rows in self.waiting.values())
