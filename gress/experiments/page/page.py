"""One HTML page of a run's experiments, which needs no network and no other file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gress.experiments.page.actions import action_panel
from gress.experiments.page.allocation import allocation_panel
from gress.experiments.page.answers import answer_panel
from gress.experiments.page.bandit import BanditHead, bandit_head, reward_panel, weight_panel
from gress.experiments.page.head import ShadowHead, TreatmentHead, shadow_head, treatment_head
from gress.experiments.page.sample_ratio import sample_ratio_panel
from gress.experiments.page.sequences import sequence_panel
from gress.experiments.page.series import metric_series, thinned
from gress.experiments.page.shadows import shadow_panels
from gress.experiments.reading.assigned_rows import read_assigned_rows
from gress.experiments.reading.comparisons import Compared, read_comparisons
from gress.experiments.reading.records import Record, manner_of, read_records
from gress.report.document import render_page, require_libraries, write_page
from gress.report.panel import Panel
from jobs.errors import refuse

_NO_VERDICTS = (
    "There is no verdict on it here: its settings have no `verdict:`, no look is over, or records went to a topic."
)
_NO_SHADOWS = "There are no comparisons here: it has no shadows (enable_shadow_mode), or they went to a topic."


@dataclass(frozen=True)
class _Found:
    """The records and rows that a run's folder has of one experiment."""

    treatments: Mapping[str, Sequence[Record]]
    pairs: Sequence[Compared]
    answers: Mapping[str, NDArray[np.datetime64]]


@dataclass(frozen=True)
class Section:
    """The part of the page about one experiment.

    Attributes:
        name: of the experiment.
        notes: why something is missing.
        answers: variants with the numbers of their predictions.
        treatments: heads of the variants that were compared with the control.
        bandit: its variants beside each other; None: weights do not follow what variants are worth.
        shadows: heads of the pairs of variants that scored the same rows.
        panels: plots.
    """

    name: str
    notes: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    treatments: tuple[TreatmentHead, ...]
    bandit: BanditHead | None
    shadows: tuple[ShadowHead, ...]
    panels: tuple[Panel, ...]


def write_experiments_page(run: Path, target: Path, name: str = "") -> None:
    """Write the page of the experiments of a run, which may still go on.

    Args:
        run: folder of the run.
        target: file to write; an existing one is replaced.
        name: experiment to show; empty: all.

    Raises:
        JobError: the folder has no such experiment, a library is not installed, or the file cannot be written.
    """
    require_libraries("gress experiments report")
    write_page(target, render(run, name))


def render(run: Path, name: str = "") -> str:
    """Return the page of the experiments of a run."""
    found = _find(run, name)
    sections = [_section(f"e{index}", each, own) for index, (each, own) in enumerate(found.items())]
    panels = [panel for section in sections for panel in section.panels]
    title = next(iter(found)) if len(found) == 1 else "Experiments"
    return render_page("experiments.html", panels, title=title, run=run.resolve().name, sections=sections)


def _find(run: Path, name: str) -> dict[str, _Found]:
    if not run.is_dir():
        refuse(f"run {run}", "the folder of a run", "none", "name the --output of a `gress run`")
    records, pairs, answers = read_records(run), read_comparisons(run), read_assigned_rows(run)
    names = sorted({*records, *pairs, *answers})
    if not names:
        advice = "name the --output of a run with ml.ab_testing.enabled=true"
        refuse(f"run {run}", "verdicts, comparisons or predictions of an experiment", "none", advice)
    if name and name not in names:
        refuse(f"experiment {name!r}", "one of this run", ", ".join(names), "name one with --experiment")
    return {
        each: _Found(records.get(each, {}), pairs.get(each, []), answers.get(each, {}))
        for each in names
        if name in ("", each)
    }


def _section(prefix: str, name: str, found: _Found) -> Section:
    of_bandit = _bandit_records(found)
    notes = [*([] if found.treatments else [_NO_VERDICTS]), *([] if found.pairs else [_NO_SHADOWS])]
    return Section(
        name,
        tuple(notes),
        tuple((variant, f"{len(times):,}") for variant, times in found.answers.items()),
        tuple(treatment_head(records) for records in found.treatments.values()),
        bandit_head(of_bandit[-1]) if of_bandit else None,
        tuple(map(shadow_head, found.pairs)),
        tuple(dataclasses.replace(panel, name=f"{prefix}_{panel.name}") for panel in _panels(found)),
    )


def _panels(found: _Found) -> Iterator[Panel]:
    """Yield the plots of an experiment, under names that are unique in it."""
    treatments = {variant: thinned(records) for variant, records in found.treatments.items()}
    for place, records in enumerate(treatments.values()):
        last = records[-1]
        compared = f"{last['variant']} less {last['control']}{manner_of(last)}"
        for number, metric in enumerate(last["rules"]["metrics"]):
            yield sequence_panel(metric_series(records, metric), f"t{place}_m{number}", compared)
    if of_bandit := _bandit_records(found):
        yield reward_panel(thinned(of_bandit), "rewards")
        yield weight_panel(thinned(of_bandit), "weights")
    split = {variant: records for variant, records in treatments.items() if not records[-1]["is_paired"]}
    if split:
        yield allocation_panel(split, "units")
        yield sample_ratio_panel(next(iter(split.values())), "split")
    if treatments:
        yield action_panel(treatments, "actions")
    elif found.answers:
        yield answer_panel(found.answers, "answers")
    if found.pairs:
        yield from shadow_panels(found.pairs, "shadows")


def _bandit_records(found: _Found) -> Sequence[Record]:
    """Return the records of a bandit's variant that is judged longest; none without a bandit."""
    told = ([record for record in records if "bandit" in record] for records in found.treatments.values())
    return max(told, key=lambda records: records[-1]["looked_at"] if records else 0, default=[])
