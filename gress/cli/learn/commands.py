"""`gress learn`: what jobs have learnt from their streams, and how it got better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from gress.cli.registry_options import RegistryCall, on_registry

if TYPE_CHECKING:
    from models.learned.inspection.sources import LearnedSource

learn_app = typer.Typer(no_args_is_help=True, help="Learning from the stream: list models, look into one.")

CheckpointDir = Annotated[
    Optional[str],  # noqa: UP045 - typer reads it at run time, on Python 3.10 too
    typer.Option(
        "--checkpoint-dir",
        help="Folder or URL of snapshots (ml.online_learning.checkpoint_dir) to look into, and not the registry.",
    ),
]


@learn_app.command("list")
@on_registry
def list_command(call: RegistryCall, checkpoint_dir: CheckpointDir = None) -> None:
    """List the models that jobs have learnt.

    Each has a line with its newest version, the rows behind it and its scores.
    """
    from gress.cli.learn.tables import print_models

    source = _source(call, checkpoint_dir)
    histories = {name: source.history(name) for name in source.names()}
    newest = [{**_plain(history[-1]), "versions": len(history)} for history in histories.values()]
    _answer(call, source, checkpoint_dir, {"models": newest}, lambda: print_models(source.url, histories))


@learn_app.command("inspect")
@on_registry
def inspect_command(
    call: RegistryCall,
    name: Annotated[str, typer.Argument(metavar="[MODEL]", help="Name of the model; default: the only one.")] = "",
    version: Annotated[
        str, typer.Option("--version", help="Version; default: the highest learnt one.", show_default=False)
    ] = "",
    top: Annotated[int, typer.Option("--top", min=1, help="Most features to show, the strongest first.")] = 20,
    checkpoint_dir: CheckpointDir = None,
) -> None:
    """Show the weights of a learnt model, and how it came about.

    Features with the largest standardised weights come first. Scores, rows, settings and the versions before follow.
    """
    from gress.cli.learn.tables import print_inspection
    from models.learned.inspection.feature_weights import feature_weights
    from models.learned.inspection.sources import only_name

    source = _source(call, checkpoint_dir)
    chosen = name or only_name(source)
    full, learned = source.read(chosen, version)
    weights, history = feature_weights(learned.model, top), source.history(chosen)
    document = {
        "name": chosen,
        "version": full,
        "scores": learned.known_scores,
        "lineage": learned.lineage,
        "feature_set": learned.feature_set,
        "feature_set_hash": learned.feature_set_hash,
        **_about(learned.model),
        "features": len(learned.model.features),
        "weights": weights,
        "history": history,
    }
    _answer(
        call, source, checkpoint_dir, document, lambda: print_inspection(source.url, full, learned, weights, history)
    )


def _source(call: RegistryCall, checkpoint_dir: str | None) -> LearnedSource:
    from models.learned.inspection.sources import LearnedInRegistry, LearnedInSnapshots
    from models.learned.snapshots import open_snapshots

    if checkpoint_dir is None:
        return LearnedInRegistry(call.registry)
    return LearnedInSnapshots(open_snapshots(checkpoint_dir, registry=call.ml.model_registry))


def _answer(
    call: RegistryCall,
    source: LearnedSource,
    checkpoint_dir: str | None,
    document: Mapping[str, Any],
    show: Callable[[], None],
) -> None:
    """Print the document with the place that it comes from before it, or call ``show`` to print tables."""
    from gress.cli.console import print_json

    if call.is_json:
        place = "registry" if checkpoint_dir is None else "checkpoint_dir"
        print_json({place: source.url, **document})
    else:
        show()


def _plain(summary: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(summary)


def _about(model: Any) -> dict[str, Any]:
    """Return the properties of a model apart from its features: kind, link, classes, and its constants."""
    from models.learned.bayes import LearnedBayes
    from models.learned.shards.table import LearnedTable

    if isinstance(model, LearnedBayes):
        return {"kind": "bayes", "classes": model.classes, "log_priors": model.log_priors.tolist()}
    if isinstance(model, LearnedTable):
        keys = {"key": model.key, "keys": len(model.keys) + model.left_out}
        return {**_about(model.other), "kind": "table", **keys}
    constants = {"bias": model.bias.tolist(), "raw_bias": model.raw_bias.tolist()}
    return {"kind": "linear", "link": model.link, "classes": model.classes, "clip": model.clip, **constants}
