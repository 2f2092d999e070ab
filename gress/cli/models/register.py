"""`gress models register`: a model file becomes a version."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Optional

import typer

from gress.cli.models.answers import answer_details
from gress.cli.registry_options import RegistryCall, on_registry


@on_registry
def register_command(  # noqa: PLR0913, PLR0917 - one argument for each option
    call: RegistryCall,
    file: Annotated[Path, typer.Argument(help="An .onnx or .tflite file; or .joblib, .pkl, .ubj, .json, .txt.")],
    name: Annotated[str, typer.Option("--name", help="Name of the model.", show_default=False)] = "",
    version: Annotated[str, typer.Option("--version", help="Version, such as 2.0.0.", show_default=False)] = "",
    golden: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--golden", help="Parquet file of feature columns and, to compare with, `prediction`."),
    ] = None,
    baseline: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--baseline", help="Parquet file of training rows, as `gress features export` writes: for drift."),
    ] = None,
    features: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--features", help="The same without drift: it names columns and feature set."),
    ] = None,
    tags: Annotated[str, typer.Option("--tags", help="Labels, as a,b.", show_default=False)] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A label; may be repeated.")] = None,
    description: Annotated[str, typer.Option("--description", help="Free text.", show_default=False)] = "",
    threshold: Annotated[Optional[float], typer.Option("--threshold", help="Decision threshold.")] = None,  # noqa: UP045
    classes: Annotated[
        str, typer.Option("--classes", help="Labels in the scores' order, in place of its own.", show_default=False)
    ] = "",
    task: Annotated[
        str, typer.Option("--task", help="binary, multiclass or regression; default: what the file shows.")
    ] = "",
    prediction: Annotated[
        str, typer.Option("--prediction", help="Output with the prediction, one number a row.", show_default=False)
    ] = "",
    scores: Annotated[
        str,
        typer.Option(
            "--scores", help="Output with a number for each class; or an output for each, as a,b.", show_default=False
        ),
    ] = "",
    label: Annotated[str, typer.Option("--label", help="Output with the class of each row.", show_default=False)] = "",
    positive_class: Annotated[
        str,
        typer.Option(
            "--positive-class",
            help="Class whose score is the prediction; default: the last of two, the top one of more.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Add a model file as a version; it serves once it is promoted.

    A model.json beside the file is read. The table shows which outputs are taken as prediction, scores and label;
    name them if that is in doubt. It also shows which inputs take a field of the event instead of features: all texts,
    and identifiers that no feature is named like. Models of scikit-learn (.joblib, .pkl), XGBoost (.ubj, .json) and
    LightGBM (.txt) are converted to ONNX and compared on the rows of --features. Loading a .joblib or .pkl runs the
    code in it: trust its origin.
    """
    from models.lifecycle import register
    from models.output_roles import OutputRoles
    from udfs.drift.training_rows import baseline_of

    chosen = {
        "prediction": prediction or None,
        "scores": _parts(scores),
        "label": label or None,
        "positive_class": positive_class or None,
    }
    spec = register(
        call.registry,
        file,
        name,
        version,
        golden=golden,
        baseline=baseline_of(baseline) if baseline is not None else None,
        features=features or _described(baseline),
        tags=[*_parts(tags), *(tag or ())],
        description=description,
        threshold=threshold,
        classes=_parts(classes) or None,
        task=task or None,
        roles=OutputRoles.model_validate(chosen) if any(chosen.values()) else None,
    )
    answer_details(call, spec.name, spec.version)


def _described(rows: Path | None) -> Path | None:
    """Return a file of training rows if it says of which feature set they are; what else it is, the baseline checks."""
    from models.errors import ModelError
    from models.lifecycle.feature_file import read_feature_file

    with suppress(ModelError):
        return rows if rows is not None and read_feature_file(rows).hash is not None else None
    return None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
