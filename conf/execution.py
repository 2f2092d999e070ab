"""Flink settings of a job (`execution:`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, PlainValidator, model_validator
from typing_extensions import Self

from conf.types.base import FrozenSettings
from conf.types.durations import DurationMs
from conf.types.refusal import Refusal, validation_error
from conf.types.scalars import Whole

# Options that a setting of ours decides. If users could set both, it would be unclear which one counts.
_OWNED = {
    "parallelism.default": "execution.parallelism",
    "pipeline.max-parallelism": "execution.max_parallelism",
    "execution.checkpointing.interval": "execution.checkpoint_interval",
    "state.backend.type": "execution.state_backend",
    "execution.checkpointing.incremental": "execution.state_backend",
    "python.execution-mode": "execution.profile",
    "python.fn-execution.bundle.size": "job.inference.batch_size",
    "python.fn-execution.arrow.batch.size": "job.inference.batch_size",
    "python.fn-execution.bundle.time": "job.inference.batch_timeout",
}
_TOLERATED, _TOLERATED_AS_SHIPPED = "execution.checkpointing.tolerable-failed-checkpoints", 3


def _option(value: Any) -> Any:
    if isinstance(value, str | int | float):
        return value
    raise validation_error(Refusal("text, a number, true or false"))


FlinkOption = Annotated[str | int | float | bool, PlainValidator(_option)]


class ExecutionSettings(FrozenSettings):
    """Flink settings of a job.

    Attributes:
        profile: ``throughput`` (batches, worker processes; default) or ``latency`` (rows, inside the JVM).
        windows: engine of windows: ``sliding`` (packed rows in numpy; default) or ``sql`` (Flink's OVER, for
            times after the start of 1970).
        parallelism: slots, 1 to ``max_parallelism``; default 1.
        max_parallelism: key groups, 1 to 32768; no later rescaling can exceed it; default 128.
        checkpoint_interval_ms: time between checkpoints; YAML ``checkpoint_interval``, default 10s; 0s = no
            checkpoints.
        state_backend: ``hashmap`` (on the heap, fast) or ``rocksdb`` (on disk, any size, incremental checkpoints);
            default: the choice of flink-conf.yaml or the cluster.
        flink: further Flink options by their own names.
    """

    kept_off_workers: ClassVar[tuple[str, ...]] = ("flink",)

    profile: Literal["throughput", "latency"] = "throughput"
    windows: Literal["sliding", "sql"] = "sliding"
    parallelism: Whole = Field(default=1, ge=1)
    max_parallelism: Whole = Field(default=128, ge=1, le=32_768)
    checkpoint_interval_ms: DurationMs = Field(default=10_000, alias="checkpoint_interval")
    state_backend: Literal["hashmap", "rocksdb"] | None = None
    flink: Mapping[str, FlinkOption] = Field(default_factory=dict)

    @property
    def tolerated_checkpoints(self) -> int:
        """Number of checkpoints that may fail in a row: that of ``flink``, else that of the shipped flink-conf.yaml."""
        asked = str(self.flink.get(_TOLERATED, ""))
        return int(asked) if asked.isdecimal() else _TOLERATED_AS_SHIPPED

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        refusals = [
            Refusal("an option that no setting of ours decides", ("flink", option), f"set {setting} instead")
            for option, setting in _OWNED.items()
            if option in self.flink
        ]
        if self.parallelism > self.max_parallelism:
            refusals.append(Refusal("at most execution.max_parallelism", ("parallelism",)))
        if refusals:
            raise validation_error(*refusals)
        return self
