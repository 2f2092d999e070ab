"""Functions that nobody waits for: their worker gets a core when programs of normal priority leave one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from state.sql import SqlColumns
from udfs.functions.vector_function import Columns, VectorFunction

NICENESS = 10
"""Each step takes about a fifth of what a process gets beside others: so it gets a tenth of a normal one's share."""

_THREADS = Path("/proc/self/task")


@dataclass
class InBackground:
    """A function that runs in a process of low priority, which it has for itself.

    Args:
        function: what it does.
    """

    function: VectorFunction

    @property
    def inputs(self) -> SqlColumns:
        """Those of the function."""
        return self.function.inputs

    @property
    def outputs(self) -> SqlColumns:
        """Those of the function."""
        return self.function.outputs

    def open(self) -> None:
        """Lower the priority, and open the function."""
        lower_priority()
        self.function.open()

    def run(self, columns: Columns) -> Mapping[str, Sequence[Any]]:
        """Run the function."""
        return self.function.run(columns)

    def close(self) -> None:
        """Close the function."""
        self.function.close()


def lower_priority() -> None:
    """Lower the priority of all threads of this process; those that they start have theirs.

    A process of a lower one keeps it. Where a system knows no priority of single threads, it is that of the process.
    """
    # Linux has a priority a thread, and that of process 0 is the calling thread's.
    threads = [int(each.name) for each in _THREADS.iterdir()] if _THREADS.is_dir() else [0]
    for thread in threads:
        with suppress(ProcessLookupError):
            present = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, max(present, NICENESS))
