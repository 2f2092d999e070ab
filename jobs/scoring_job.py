"""Events to scores: the code of every shipped job, which differ only in their settings.

lines ── parse ──► windows and trackers per key ──► features, model ──► predictions, alerts
           └─ malformed, late ──► dead letters ◄── not scorable ─┘
"""

from __future__ import annotations

from pathlib import Path

from conf.settings import JobSettings, Settings
from jobs.flink.environment import FlinkSession
from jobs.pipeline.pieces import reads_pieces, score_pieces
from jobs.pipeline.scoring import has_windows, score
from jobs.pipeline.writing import write_predictions
from jobs.sinks.inserts import Inserts
from jobs.sources.files import InputFiles
from jobs.sources.kafka import KafkaInput
from jobs.sources.lines import create_input


def build(
    session: FlinkSession, settings: Settings, job: JobSettings, source: InputFiles | KafkaInput, output: Path
) -> Inserts:
    """Return the job, ready to run."""
    if isinstance(source, InputFiles) and reads_pieces(settings, job, source):
        views = score_pieces(session, settings, job, source)
        return write_predictions(session, settings, job, views, output)
    windowed = has_windows(job)
    lines = create_input(session, source, job.events, has_windows=windowed, has_record_time=windowed)
    views = score(session, settings, job, lines, source.line_format(job.events))
    return write_predictions(session, settings, job, views, output)
