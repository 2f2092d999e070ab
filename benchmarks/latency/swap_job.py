"""A scoring job that reads a socket and writes the sending time, the duration and the version of each event.

``python -m benchmarks.latency.swap_job CONFIG PORT OUTPUT [key.path=value ...]``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.latency.latency_job import read_socket, register_clock
from conf.loading.loader import load_settings
from jobs.flink.environment import open_session
from jobs.flink.jvm.collection import planning
from jobs.pipeline.scoring import score
from jobs.runs.execution import execute
from jobs.runs.local_options import local_options
from jobs.sinks.files import write_csv
from jobs.sinks.inserts import Inserts
from udfs.parsing.lines import JsonLines


def main(config: str, port: str, output: str, *overrides: str) -> None:
    """Run until the socket ends."""
    settings = load_settings(Path(config), overrides=overrides, environ={})
    job = settings.job
    if job is None:
        msg = f"{config}: expected a job, got none"
        raise ValueError(msg)
    folder = Path(output)
    session = open_session(settings, extra=local_options(job.name, folder))
    with planning():
        session.tables.get_config().set("table.local-time-zone", "UTC")
        lines = read_socket(session, int(port))
        views = score(session, settings, job, lines, JsonLines(job.events.fields))
        if views.blocks is not None:
            # Blocks of predictions, and the JVM's clock after each.
            columns = (("moment", "STRING"), ("block", "STRING"), ("reason", "STRING"))
            query = (
                "SELECT CAST(CURRENT_ROW_TIMESTAMP() AS STRING), CAST(__predictions AS STRING), __dead_letter_reason "
                f"FROM {views.scored.name} WHERE __predictions IS NOT NULL OR __dead_letter_reason IS NOT NULL"
            )
        else:
            register_clock(session)
            columns = (("sent", "BIGINT"), ("took", "BIGINT"), ("version", "STRING"), ("reason", "STRING"))
            event = f"`{job.events.id}`"
            taken = f"{event}, ns_since({event}, __prediction), __version, __dead_letter_reason"
            query = f"SELECT {taken} FROM {views.scored.name}"
        inserts = Inserts(session)
        write_csv(inserts, "took", columns, query, folder / "took")
    execute(inserts, job.name)


if __name__ == "__main__":
    main(*sys.argv[1:])
