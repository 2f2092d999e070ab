"""Options of a run in this process's mini-cluster."""

from __future__ import annotations

from pathlib import Path

from jobs.flink.environment import is_submitted
from jobs.flink.file_urls import file_url
from jobs.flink.ports import free_port
from jobs.runs.saved_state import CHECKPOINTS


def local_options(name: str, output: Path, *, restarts: int = 3, is_endless: bool = False) -> dict[str, str]:
    """Return the options of a run in this process's mini-cluster: checkpoints beside its output, few restarts.

    A job that never ends would use up any number of restarts, so its restarts are rarer the more there are at once, and
    are forgotten after a quiet while, as the shipped ``flink-conf.yaml`` says.

    On a cluster its own configuration decides all of that. A job that writes tables had better not restart here: if the
    database fails, the connector throws again while it closes, which ends the only TaskManager, and a restarted job
    would wait for another one.
    """
    if is_submitted():
        return {"pipeline.name": name}
    port = str(free_port())
    strategy = "exponential-delay" if is_endless else "fixed-delay"
    return {
        "pipeline.name": name,
        "rest.port": port,
        "rest.bind-port": port,
        "rest.bind-address": "127.0.0.1",
        # By default Flink's other ports are open to every machine, and so is the upload of programs to the REST port.
        "jobmanager.bind-host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "taskmanager.host": "127.0.0.1",
        "web.submit.enable": "false",
        "execution.checkpointing.dir": file_url(output / CHECKPOINTS),
        "execution.checkpointing.externalized-checkpoint-retention": "DELETE_ON_CANCELLATION",
        "restart-strategy.type": strategy if restarts else "none",
        "restart-strategy.fixed-delay.attempts": str(restarts),
        "restart-strategy.fixed-delay.delay": "1 s",
    }
