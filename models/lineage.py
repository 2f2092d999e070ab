"""The origin of a version that a job learnt from its stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat, StrictBool, StrictInt, StrictStr

Setting = Annotated[StrictBool | StrictInt | FiniteFloat | StrictStr | None, Field(union_mode="left_to_right")]
"""A value of a learner's setting."""


class Lineage(BaseModel):
    """The rows that a version was learnt from, and what learnt it.

    All of it follows from the events and the settings, so a job that reads the events again writes the same.

    Args:
        job: name of the job.
        learner: name of the algorithm, such as ``ftrl``.
        settings: the learner's settings.
        updates: labelled rows that it learnt from.
        counts: further numbers of rows, such as those of each class, or those held out.
        newest: event time of the newest row that it learnt from.
        parent: the version that it continued from; None: it began with nothing.
        code_version: version of gress that learnt it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    job: str
    learner: str
    settings: Mapping[str, Setting] = Field(default_factory=dict)
    updates: Annotated[int, Field(ge=0)]
    counts: Mapping[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    newest: AwareDatetime
    parent: str | None = None
    code_version: str = ""

    def is_of_same_rows(self, other: Lineage | None) -> bool:
        """Return whether another version was learnt by the same job, with the same settings, from the same rows.

        The parents may differ: a job that lost its state begins with nothing once more, whatever serves by then.
        """
        return other is not None and self == other.model_copy(update={"parent": self.parent})
