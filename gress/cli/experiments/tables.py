"""Tables that `gress experiments` prints for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gress.cli.console import print_line, print_table, utc_text
from models.experiments.overview import ExperimentChange, ExperimentSummary, VariantSummary
from models.registry import Deployment

_COLUMNS = ("experiment", "layer", "traffic", "strategy", "unit", "variants", "shadow", "state", "step", "since (UTC)")


def print_experiments(registry: str, experiments: Sequence[ExperimentSummary]) -> None:
    """Print a line for each experiment."""
    if not experiments:
        print_line("the settings have no experiments; --config names a file with ml.ab_testing.experiments")
        return
    rows = [_row(each) for each in experiments]
    print_table(f"experiments, with weights in {registry}", _COLUMNS, rows)


def print_status(registry: str, summary: ExperimentSummary, history: Sequence[ExperimentChange]) -> None:
    """Print an experiment, and a line for each of its changes."""
    print_table(f"experiment {summary.name}, with weights in {registry}", _COLUMNS, [_row(summary)])
    if not history:
        print_line(f"{summary.name}: nothing has changed since the start; the weights are those of the settings")
        return
    rows = [
        (
            str(each.generation),
            utc_text(each.at),
            each.action,
            _weights_text(each.weights),
            str(each.step),
            each.state,
            each.by,
            each.why,
        )
        for each in history
    ]
    columns = ("generation", "at (UTC)", "action", "weights", "step", "state", "by", "why")
    print_table(f"changes of {summary.name}", columns, rows)


def print_change(name: str, deployment: Deployment) -> None:
    """Print what holds from now on."""
    state = deployment.experiments[name]
    done = "weights" if state.state == "running" else f"ended, {state.state.replace('_', ' ')}, with weights"
    primary = f"; {deployment.primary} is the primary" if deployment.action == "promote" else ""
    text = f"{name}: {done} {_weights_text(state.weights)} in generation {deployment.generation}"
    print_line(text + primary)


def _row(summary: ExperimentSummary) -> tuple[str, ...]:
    return (
        summary.name,
        summary.layer or "",
        f"{summary.traffic:g} %",
        summary.strategy if summary.bandit is None else f"{summary.strategy} on {summary.bandit}",
        summary.unit or "each event",
        "\n".join(map(_variant_text, summary.variants)),
        "yes" if summary.shadow else "",
        summary.state,
        str(summary.step),
        utc_text(summary.since),
    )


def _variant_text(variant: VariantSummary) -> str:
    marks = [*(["default"] if variant.is_default else []), *([] if variant.enabled else ["off"])]
    noted = f" ({', '.join(marks)})" if marks else ""
    return f"{variant.name} {variant.model}@{variant.version or '?'} {variant.weight:g} %{noted}"


def _weights_text(weights: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {weight:g}" for name, weight in weights.items())
