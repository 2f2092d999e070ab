"""Features over bounded input: computed by the job itself, so that training sees what serving computes."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conf.folders.whole_file import whole_file
from conf.settings import JobSettings, SinkSettings
from jobs.errors import refuse
from jobs.flink.environment import open_session
from jobs.flink.jvm.collection import planning
from jobs.flink.root_cause import naming_unread_options
from jobs.pipeline.scoring import compute_features, feature_columns
from jobs.pipeline.writing import write_features
from jobs.run_folder.parquet import csv_table
from jobs.run_folder.part_files import LineCounter
from jobs.run_folder.progress import Progress
from jobs.run_folder.row_counts import Counts, FolderCounter
from jobs.runs.execution import execute
from jobs.runs.hidden_values import hiding_values
from jobs.runs.launch import show_nothing
from jobs.runs.local_options import local_options
from jobs.runs.prepare import PreparedRun, RunRequest, prepare
from jobs.runs.watches.final_checkpoint import FinalCheckpoint
from jobs.sinks.files import ABSENT
from jobs.sources.files import InputFiles
from jobs.sources.lines import create_lines
from udfs.feature_store.past.as_of_join import PastStore
from udfs.feature_store.past.history_file import HistoryFile
from udfs.features.feature_set import FeatureSet, compile_feature_set
from udfs.functions.compute_features import ComputeFeatures

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ExportResult:
    """Counts of an export, and its file."""

    events: int
    rows: int
    dead_letters: int
    path: Path


def export_features(
    request: RunRequest, show: Callable[[Counts, int], None] = show_nothing, history: Sequence[HistoryFile] = ()
) -> ExportResult:
    """Write event fields and features of every good event to one Parquet file, in the order of time and id.

    ``request.output`` is the file. Its schema metadata names the feature set, its hash and its columns, under
    ``gress.*``; rows that could not be parsed go to ``<file>.dead_letters/`` where there are any.

    Args:
        request: job, input and file.
        show: function that is called with the progress.
        history: rows that the feature store was given, by table: features that are looked up there get the values at
            the time of their event.

    Raises:
        ConfigError, FeatureError, JobError: the request cannot work; no file was written.
    """
    target = request.output
    if target.exists() and not request.is_overwriting:
        refuse(f"output {target}", "a new file", "one that exists", "add --overwrite")
    if not target.absolute().parent.is_dir():
        refuse(f"output {target}", "a file in a folder that exists", "one in none", "make the folder")
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.absolute().parent) as folder:
        scratch = Path(folder) / "run"
        prepared = prepare(_into(request, scratch), needs_model=False)
        past = _past(prepared, history)
        events = _files(prepared).count_events()
        counter = FolderCounter(scratch, "features")
        with Progress(scratch, counter, lambda counts: show(counts, events)), hiding_values(prepared.settings):
            _run(prepared, request, past)
        rows = _write(prepared.job, scratch, target)
        letters = LineCounter(scratch / "dead_letters").poll()
        _keep_dead_letters(scratch, target)
    if events != rows + letters:
        refuse(
            f"job {request.job!r}",
            f"{events} rows and dead letters together",
            f"{rows} and {letters}",
            "do not train on this file",
        )
    return ExportResult(events, rows, letters, target)


def _into(request: RunRequest, output: Path) -> RunRequest:
    from dataclasses import replace

    return replace(request, output=output, output_format="json")


def _past(prepared: PreparedRun, history: Sequence[HistoryFile]) -> PastStore:
    """Return the store as it was; the one that runs knows the newest values only, which events did not know."""
    store, job = prepared.settings.ml.feature_store, prepared.job
    past = PastStore(tuple(history), store.ttl_ms if store.ttl_on == "event" else None)
    features = compile_feature_set(job.features, job.events)
    for value in past.lacking(features):
        refuse(
            f"feature {value.column!r}",
            f"the history of {value.entity} with feature set {value.feature_set}, to see what was known at each event",
            "none",
            f"add --history {value.entity}=FILE",
        )
    past.check(features)
    return past


def _run(prepared: PreparedRun, request: RunRequest, past: PastStore) -> None:
    options = local_options(f"{request.job} features", prepared.output)
    with naming_unread_options(), planning():
        session = open_session(
            prepared.settings,
            flink_conf=request.flink_conf,
            extra=options,
        )
        files, job = _files(prepared), prepared.job
        lines = create_lines(session, files, prepared.job.events, is_ordered=True)
        format_, function = files.line_format(job.events), ComputeFeatures(job, past)
        views = compute_features(session, prepared.settings, lines, format_, function)
        # Dead letters stay beside the features, for each sink of the job.
        in_folders = job.model_copy(update={"sink": SinkSettings()})
        inserts = write_features(session, in_folders, views, prepared.output)
    execute(inserts, request.job, lambda: FinalCheckpoint(f"127.0.0.1:{options['rest.port']}"), prepared.output)


def _files(prepared: PreparedRun) -> InputFiles:
    if isinstance(prepared.files, InputFiles):
        return prepared.files
    refuse("input", "files to export features of", "Kafka", "name them with --input")


def _write(job: JobSettings, scratch: Path, target: Path) -> int:
    import pyarrow.parquet as pq

    table = csv_table(scratch / "features", feature_columns(job), ABSENT)
    table = table.sort_by([(job.events.time, "ascending"), (job.events.id, "ascending")])
    features = compile_feature_set(job.features, job.events)
    with whole_file(target) as part:
        pq.write_table(_described(table, job, features), part, compression="zstd")
    return len(table)


def _described(table: pa.Table, job: JobSettings, features: FeatureSet) -> pa.Table:
    import pyarrow as pa

    for name, field in job.events.fields.items():
        if field.type == "timestamp":
            index = table.schema.get_field_index(name)
            table = table.set_column(index, name, table[name].cast(pa.timestamp("ms")))
    return table.replace_schema_metadata(
        {
            "gress.feature_set": features.name,
            "gress.feature_set_hash": features.hash,
            "gress.feature_columns": json.dumps(features.columns),
            "gress.time": job.events.time,
        }
    )


def _keep_dead_letters(scratch: Path, target: Path) -> None:
    kept = target.with_name(f"{target.name}.dead_letters")
    shutil.rmtree(kept, ignore_errors=True)
    if LineCounter(scratch / "dead_letters").poll():
        shutil.move(scratch / "dead_letters", kept)
