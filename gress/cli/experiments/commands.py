"""`gress experiments`: which experiments there are, how far they are, and how that changes."""

from __future__ import annotations

import datetime as dt
import math
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from gress.cli.registry_options import RegistryCall, on_registry

if TYPE_CHECKING:
    from models.registry import Deployment

experiments_app = typer.Typer(no_args_is_help=True, help="Experiments: plan, list, change, end, judge, report.")

_on_registry = partial(on_registry, config_help="YAML file with ml.ab_testing and ml.model_registry.")

Name = Annotated[str, typer.Argument(help="Name of an experiment; `gress experiments list` shows them.")]
Why = Annotated[str, typer.Option("--why", help="Why, for the history.")]
By = Annotated[str, typer.Option("--by", help="Who does it; default: user@host.", show_default=False)]


@experiments_app.command("list")
@_on_registry
def list_command(call: RegistryCall) -> None:
    """List the experiments of the settings with their present weights.

    The settings are those of --config and --set. Weights of the registry win over theirs, as they do in a job.
    """
    from gress.cli.experiments.tables import print_experiments
    from models.experiments.doubts import experiment_doubts
    from models.experiments.overview import summarize_experiment

    for each in call.ml.ab_testing.experiments:
        sys.stderr.writelines(f"{doubt}\n" for doubt in experiment_doubts(each))
    found = tuple(summarize_experiment(call.registry, call.ml, each) for each in call.ml.ab_testing.experiments)
    call.answer({"experiments": found}, lambda: print_experiments(call.registry.url, found))


@experiments_app.command("status")
@_on_registry
def status_command(call: RegistryCall, name: Name) -> None:
    """Show one experiment, and who changed it, when and why."""
    from gress.cli.experiments.tables import print_status
    from models.experiments.changes import find_experiment
    from models.experiments.overview import experiment_history, summarize_experiment

    experiment = find_experiment(call.ml, name)
    summary = summarize_experiment(call.registry, call.ml, experiment)
    history = experiment_history(call.registry, call.ml, experiment)
    document = {"experiment": summary, "history": history}
    call.answer(document, lambda: print_status(call.registry.url, summary, history))


@experiments_app.command("set")
@_on_registry
def set_command(
    call: RegistryCall,
    name: Name,
    weights: Annotated[list[str], typer.Argument(help="VARIANT=WEIGHT, in percent; the others get 0.")],
    why: Why,
    by: By = "",
) -> None:
    """Change the weights by hand; running jobs take them up.

    They sum to 100. Each change counts as a step of the experiment, and one that had ended runs again.
    """
    from models.experiments.changes import find_experiment, set_weights

    experiment = find_experiment(call.ml, name)
    now = dt.datetime.now(dt.timezone.utc)
    wanted = _weights(weights)
    _answer(call, name, set_weights(call.registry, call.ml, experiment, wanted, now=now, by=by, why=why))


@experiments_app.command("end")
@_on_registry
def end_command(
    call: RegistryCall,
    name: Name,
    winner: Annotated[str, typer.Option("--winner", help="Variant that gets all units.")],
    why: Why,
    by: By = "",
) -> None:
    """End an experiment: one variant gets all units.

    Its version is promoted, unless it is the default variant. The weights stay until the experiment is taken out of the
    settings.
    """
    from models.experiments.changes import end_experiment, find_experiment

    experiment = find_experiment(call.ml, name)
    now = dt.datetime.now(dt.timezone.utc)
    _answer(call, name, end_experiment(call.registry, call.ml, experiment, winner, now=now, by=by, why=why))


def _weights(texts: list[str]) -> dict[str, float]:
    """Return the weights that a command names.

    Raises:
        ModelError: one of them is no weight, or a variant comes twice.
    """
    from models.errors import fail

    found: dict[str, float] = {}
    for text in texts:
        variant, _, weight = text.rpartition("=")
        try:
            number = float(weight)
        except ValueError:
            number = math.nan
        if not variant or not 0 <= number <= 100:
            fail(f"weight {text!r}", "cannot be read: expected VARIANT=WEIGHT with a weight from 0 to 100")
        if variant in found:
            fail(f"variant {variant}", "has two weights", "name it once")
        found[variant] = number
    return found


def _answer(call: RegistryCall, name: str, deployment: Deployment) -> None:
    from gress.cli.experiments.tables import print_change

    document = {"name": name, **deployment.model_dump()}
    call.answer(document, lambda: print_change(name, deployment))
