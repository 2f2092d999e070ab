"""The base of every settings class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class FrozenSettings(BaseModel):
    """Immutable settings that refuse unknown keys; an attribute's alias is its name in YAML.

    Attributes:
        kept_off_workers: names of settings that may hold secrets and that no worker reads. Functions carry settings
            to the cluster in pickles, where every step of the way can read them; there these have their defaults. The
            text of settings, which logs and tracebacks may show, leaves them out, too.
    """

    kept_off_workers: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    def __getstate__(self) -> dict[Any, Any]:
        """Return the state of a pickle; copies within a process have all values."""
        state = super().__getstate__()
        fields = type(self).model_fields
        left_out = {name: fields[name].get_default(call_default_factory=True) for name in self.kept_off_workers}
        return {**state, "__dict__": {**state["__dict__"], **left_out}}

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Yield names and values for the text form of these settings."""
        return (each for each in super().__repr_args__() if each[0] not in self.kept_off_workers)
