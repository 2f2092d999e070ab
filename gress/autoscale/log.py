"""Decisions as lines: for people where something changes, for programs all of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import TextIO

from gress.autoscale.decision import Action, Cause, Decision


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


class DecisionLog:
    """Lines of decisions. A decision to hold is shown once for its cause, so that hours of calm are one line.

    Args:
        shown: gets the lines that matter.
        whole: gets every decision as a JSON line; None: there is no log.
        is_json: the lines that matter are JSON, too.
        now: function that returns the time of a line.
    """

    def __init__(
        self,
        shown: TextIO,
        whole: TextIO | None = None,
        *,
        is_json: bool = False,
        now: Callable[[], dt.datetime] = _now,
    ) -> None:
        self._shown = shown
        self._whole = whole
        self._is_json = is_json
        self._now = now
        self._said: tuple[Action, Cause] | None = None

    def note(self, decision: Decision) -> None:
        """Write a decision."""
        at = self._now()
        document = json.dumps({"at": at.isoformat(timespec="milliseconds"), **decision.document()})
        if self._whole is not None:
            self._whole.write(f"{document}\n")
            self._whole.flush()
        if (decision.action, decision.cause) != self._said:
            line = document if self._is_json else f"{at:%Y-%m-%dT%H:%M:%SZ} {decision.line()}"
            self._shown.write(f"{line}\n")
            self._shown.flush()
        self._said = decision.action, decision.cause
