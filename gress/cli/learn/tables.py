"""Tables that `gress learn` prints for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gress.cli.console import print_line, print_table, utc_text
from models.learned.bayes import LearnedBayes
from models.learned.inspection.feature_weights import FeatureWeight
from models.learned.inspection.sources import LearnedSummary
from models.learned.learned_model import LearnedModel
from models.learned.learned_version import LearnedVersion
from models.learned.shards.table import LearnedTable
from models.lineage import Lineage


def print_models(place: str, histories: Mapping[str, Sequence[LearnedSummary]]) -> None:
    """Print a line for each learnt model: its highest version."""
    if not histories:
        print_line(f"{place}: no model was learnt from a stream; a job with ml.online_learning makes them")
        return
    rows = [
        (
            name,
            str(len(history)),
            history[-1].version,
            history[-1].state,
            f"{history[-1].updates:,}",
            _learnt_up_to(history[-1]),
            _scores_text(history[-1].scores),
            history[-1].learner,
            history[-1].job,
        )
        for name, history in histories.items()
    ]
    columns = ("model", "versions", "newest", "state", "updates", "learnt up to (UTC)", "scores", "learner", "job")
    print_table(f"learnt models in {place}", columns, rows)


def print_inspection(
    place: str,
    version: str,
    learned: LearnedVersion,
    weights: Sequence[FeatureWeight],
    history: Sequence[LearnedSummary],
) -> None:
    """Print a learnt version, its strongest features and the versions of its model."""
    name = history[-1].name
    rows = [row for row in _facts(learned) if row[1]]
    print_table(f"{name}@{version} in {place}", ("", ""), rows)
    count = len(learned.model.features)
    title = f"{'all' if len(weights) == count else f'{len(weights)} of'} {count:,} features, strongest first"
    if isinstance(learned.model, LearnedBayes):
        print_table(title, ("feature", "class", "mean", "deviation", "strength"), _bayes_rows(weights))
    else:
        columns = ("feature", "class", "weight", "a unit", "mean", "deviation")
        print_table(f"{title}; weight = of a standard deviation", columns, _linear_rows(weights))
    print_table(
        f"versions of {name}",
        ("version", "state", "updates", "learnt up to (UTC)", "scores"),
        [
            (each.version, each.state, f"{each.updates:,}", _learnt_up_to(each), _scores_text(each.scores))
            for each in history
        ],
    )


def _learnt_up_to(learnt: LearnedSummary | Lineage) -> str:
    """Return the time of the newest row; empty where none was learnt."""
    return utc_text(learnt.newest) if learnt.updates else ""


def _facts(learned: LearnedVersion) -> list[tuple[str, str]]:
    lineage = learned.lineage
    return [
        *_model_facts(learned.model),
        ("scores", _scores_text(learned.known_scores)),
        ("updates", f"{lineage.updates:,}"),
        ("rows", ", ".join(f"{count:,} {kind}" for kind, count in sorted(lineage.counts.items()))),
        ("learnt up to (UTC)", _learnt_up_to(lineage)),
        ("learner", lineage.learner),
        ("settings", ", ".join(f"{key}={value}" for key, value in sorted(lineage.settings.items()))),
        ("went on from", lineage.parent or "nothing"),
        ("job", lineage.job),
        ("code", lineage.code_version),
        ("feature set", " ".join(filter(None, (learned.feature_set, learned.feature_set_hash)))),
    ]


def _model_facts(model: LearnedModel) -> list[tuple[str, str]]:
    if isinstance(model, LearnedBayes):
        kind, constants = "Gaussian naive Bayes", ("log priors", model.log_priors)
    else:
        shared = model.other if isinstance(model, LearnedTable) else model
        kind, constants = f"linear, {shared.link}", ("bias", shared.bias)
    numbers = constants[0], ", ".join(f"{each:.6g}" for each in constants[1])
    table = [("a model each for", _keys_text(model))] if isinstance(model, LearnedTable) else []
    return [("model", kind), *table, ("classes", ", ".join(model.classes)), numbers]


def _keys_text(model: LearnedTable) -> str:
    return f"{len(model.keys) + model.left_out:,} values of {model.key}; below is that of all others"


def _linear_rows(weights: Sequence[FeatureWeight]) -> list[tuple[str, ...]]:
    return [
        (each.feature if not place else "", output, f"{weight:+.6g}", f"{raw:+.6g}", *_numbers(each, 0, place))
        for each in weights
        for place, (output, weight, raw) in enumerate(zip(each.outputs, each.weights, each.raw_weights, strict=True))
    ]


def _bayes_rows(weights: Sequence[FeatureWeight]) -> list[tuple[str, ...]]:
    return [
        (each.feature if not place else "", output, *_numbers(each, place), f"{each.strength:.4g}" if not place else "")
        for each in weights
        for place, output in enumerate(each.outputs)
    ]


def _numbers(each: FeatureWeight, column: int, line: int = 0) -> tuple[str, str]:
    """Return mean and deviation, on the first line of a feature alone where all its lines share them."""
    return ("", "") if line else (f"{each.means[column]:.6g}", f"{each.deviations[column]:.6g}")


def _scores_text(scores: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in sorted(scores.items()))
