"""The end of a bounded run: its files as they stay, and its summary."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from jobs.evaluation.evaluate import evaluate
from jobs.run_folder.parquet import convert_json_parts
from jobs.run_folder.part_files import line_blocks
from jobs.run_folder.progress import Progress
from jobs.run_folder.row_counts import FolderCounter
from jobs.run_folder.summary import FILE, Summary, summarise, with_rates
from jobs.runs.counting import RowWatch
from jobs.runs.model_texts import with_texts_of_versions
from jobs.runs.prepare import PreparedRun
from jobs.runs.saved_state import CHECKPOINTS
from udfs.rows import predictions_of


def finish(rows: RowWatch, *, events: int | None, output_format: str) -> Summary:
    """Tidy up after a run that came to its end, and return and write its summary.

    Args:
        rows: the run's rows.
        events: in its input; None: unknown.
        output_format: ``json`` or ``parquet``, of rows in folders.

    Raises:
        JobError: the rows in topics could not be counted.
    """
    output = rows.prepared.output
    summary = _of_folders(rows, events) if rows.has_folders else rows.summary(events=events)
    # If rows are missing, the job may have been stopped with a savepoint, which needs the unfinished files.
    if summary.adds_up:
        tidy(output)
        if rows.has_folders and output_format == "parquet":
            convert_json_parts(output, predictions_of(rows.prepared.job))
    summary.write(output / FILE)
    if rows.progress.problem is not None:
        raise rows.progress.problem
    return summary


def finish_without_flink(prepared: PreparedRun, *, events: int, output_format: str) -> Summary:
    """Finish a run whose rows are all there, or that has none, and return its summary."""
    with Progress(prepared.output, FolderCounter(prepared.output, "predictions"), lambda counts: None) as progress:
        pass
    return finish(RowWatch(prepared, progress, None), events=events, output_format=output_format)


def has_all_rows(output: Path, events: int) -> bool:
    """Return whether a run came to its end, except for its summary: each event has a row in a final file.

    Flink makes files final with the last checkpoint and removes it at once. A command that is killed just then leaves
    no checkpoint, and needs none.
    """
    if (output / FILE).exists():
        return False
    folders = [output / name for name in ("predictions", "dead_letters")]
    return events == sum(block.count(b"\n") for folder in folders for block in line_blocks(folder)) > 0


def tidy(output: Path) -> None:
    """Remove what only a running job needs: checkpoints, and unfinished parts of a failed attempt."""
    shutil.rmtree(output / CHECKPOINTS, ignore_errors=True)
    for part in output.glob("*/.part-*"):
        part.unlink()


def _of_folders(rows: RowWatch, events: int | None) -> Summary:
    prepared, counts = rows.prepared, rows.progress.last
    summary = summarise(
        prepared.output,
        job=prepared.job.name,
        events=events,
        seconds=counts.seconds,
        output_field=prepared.job.inference.output_field,
    )
    summary = replace(summary, evaluation=evaluate(prepared.output, prepared.job))
    return with_rates(with_texts_of_versions(summary, prepared.settings.ml), counts)
