"""`gress experiments replay`: what a test would have said of predictions that were logged."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from gress.cli.flags.shared_flags import Json, Set

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gress.experiments.policy import MetricUnderPolicy

_MOST_LOOKS = 40


def mount(app: typer.Typer) -> None:
    """Add the command of this file to an application."""
    app.command("replay")(replay_command)


def replay_command(
    predictions: Annotated[
        list[Path], typer.Option("--predictions", "--input", help="Folder or file of predictions; may be repeated.")
    ],
    config: Annotated[Path, typer.Option("--config", help="YAML file with the job and the verdict's settings.")],
    name: Annotated[str, typer.Option("--experiment", help="Name; default: the only one.", show_default=False)] = "",
    overrides: Set = None,
    policy: Annotated[
        Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--policy", help="VARIANT, or VARIANT=SHARE,... in percent: tell each metric under it, too."),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
        typer.Option("--output", help="File of JSON Lines for the records of all looks."),
    ] = None,
    is_json: Json = False,
) -> None:
    """Judge an experiment by predictions that were logged.

    They are judged as they would have been inside the job, with the metrics, margins and looks of the settings. With
    --policy, also tell what each metric would have been had the variants had other shares.
    """
    from gress.cli.console import print_json
    from gress.experiments.replayed import replay_files

    done = replay_files(predictions, config, overrides or (), name, policy)
    for what, why in done.left_out.items():
        sys.stderr.write(f"{what} is left out: {why}\n")
    if output is not None:
        done.write(output)
    if is_json:
        records = {"experiment": done.experiment, "left_out": done.left_out, "records": done.records}
        print_json(records if done.policy is None else {**records, "policy": _policy_document(done.policy)})
        return
    _print_looks(done.experiment, done.records)
    if done.policy is not None:
        _print_policy(f"metrics of {done.experiment} under {policy}", done.policy)


def _print_looks(experiment: str, records: Sequence[Mapping[str, Any]]) -> None:
    from gress.cli.console import print_line, print_table
    from gress.experiments.reading.records import time_text

    shown = _thinned(records)
    metrics = list(records[0]["rules"]["metrics"])
    rows = [
        (
            time_text(each["looked_at"]),
            each["variant"],
            each["action"],
            *(f"{int(each['numbers'][f'units.{side}']):,}" for side in ("treatment", "control")),
            *(_difference_text(each["numbers"], metric) for metric in metrics),
        )
        for each in shown
    ]
    count = f"{len(shown)} of {len(records):,} records" if len(shown) < len(records) else f"{len(shown)} records"
    columns = ("looked at (UTC)", "variant", "action", "units", "of the control", *metrics)
    print_table(f"{experiment}: {count}, each metric as difference to the control ± standard error", columns, rows)
    for each in {record["variant"]: record for record in records}.values():
        print_line(f"{each['variant']}: {each['action']}: {'; '.join(each['reasons'])}")
    if records and "bandit" in records[-1]:
        _print_bandit(records[-1])


def _print_bandit(record: Mapping[str, Any]) -> None:
    from dataclasses import astuple

    from gress.cli.console import print_table
    from gress.experiments.page.bandit import bandit_head

    head = bandit_head(record)
    columns = ("variant", "weight", head.goal, "at least", "at most", "effective units", "chance to be best")
    title = f"{head.goal} of each variant over the same mix of rounds, by propensity"
    print_table(title, columns, [astuple(row) for row in head.rows])


def _thinned(records: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return records at even distances, the last ones included."""
    step = -(-len(records) // _MOST_LOOKS)
    return list(reversed(records[::-1][::step]))


def _difference_text(numbers: Mapping[str, float | None], metric: str) -> str:
    difference, se = (numbers[f"{metric}.{name}"] for name in ("difference", "se"))
    return "" if difference is None or se is None else f"{difference:+.4g} ± {se:.2g}"


def _policy_document(found: Sequence[MetricUnderPolicy]) -> list[dict[str, Any]]:
    return [
        {
            "metric": each.metric,
            "logged": _finite(each.logged),
            **{
                name: _finite(getattr(each.under_policy, name))
                for name in ("value", "se", "lower", "upper", "units", "effective_units")
            },
        }
        for each in found
    ]


def _print_policy(title: str, found: Sequence[MetricUnderPolicy]) -> None:
    from gress.cli.console import print_table

    rows = [
        (
            each.metric,
            f"{each.logged:.6g}",
            f"{each.under_policy.value:.6g}",
            *(_bound_text(bound) for bound in (each.under_policy.lower, each.under_policy.upper)),
            f"{each.under_policy.units:,}",
            f"{each.under_policy.effective_units:,.0f}",
        )
        for each in found
    ]
    columns = ("metric", "as logged", "under the policy", "at least", "at most", "units", "effective units")
    print_table(title, columns, rows)


def _bound_text(bound: float) -> str:
    return f"{bound:.6g}" if math.isfinite(bound) else "open"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
