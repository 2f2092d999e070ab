"""Counting of a run's rows where they go: in its folder, or in its topics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from jobs.kafka.counts import TopicCounts
from jobs.run_folder.label_counts import count_labels
from jobs.run_folder.learning_figures import learning_figures
from jobs.run_folder.progress import Progress
from jobs.run_folder.row_counts import Counts, FolderCounter
from jobs.run_folder.summary import Summary, count_reasons, summary_of_counts
from jobs.runs.prepare import PreparedRun
from jobs.sources.kafka import KafkaInput

_MEMORY = ".topic-counts.json"


@dataclass(frozen=True)
class RowWatch:
    """The rows of a run while it runs, and their counts.

    Attributes:
        prepared: the run.
        progress: counts its rows.
        topics: counter of its topics; None: it writes folders.
    """

    prepared: PreparedRun
    progress: Progress
    topics: TopicCounts | None

    @property
    def has_folders(self) -> bool:
        """Whether the rows go to folders of the run, not to topics."""
        return self.prepared.job.sink.kafka is None

    def summary(self, *, events: int | None = None) -> Summary:
        """Return the figures of a run from its counts alone; an unknown number of events is that of its rows."""
        summary = summary_of_counts(
            self.progress.last, job=self.prepared.job.name, reasons=self._reasons(), events=events
        )
        output = self.prepared.output
        summary = replace(summary, labels=count_labels(output), learning=learning_figures(output))
        problem = self.progress.problem
        return summary if problem is None else replace(summary, uncounted=str(problem))

    def _reasons(self) -> Mapping[str, int]:
        if self.topics is None:
            return count_reasons(self.prepared.output / "dead_letters")
        return self.topics.reasons


@contextmanager
def watch_rows(
    prepared: PreparedRun, show: Callable[[Counts], None], *, is_resuming: bool = False
) -> Iterator[RowWatch]:
    """Count the rows of a run inside the block, which submits it and waits for its end."""
    kafka, output = prepared.job.sink.kafka, prepared.output
    if kafka is None:
        with Progress(output, FolderCounter(output, "predictions"), show) as progress:
            yield RowWatch(prepared, progress, None)
        return
    # Only a run that reads on without end can be gone on from.
    is_endless = isinstance(prepared.files, KafkaInput) and not prepared.files.is_bounded
    memory = output / _MEMORY if is_endless else None
    topics = TopicCounts(kafka, memory=memory, is_resuming=is_resuming)
    try:
        with Progress(output, topics, show) as progress:
            yield RowWatch(prepared, progress, topics)
    finally:
        topics.close()
