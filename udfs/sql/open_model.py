"""A model that calls score with, open until it is closed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from models.serving.source import ModelSource
from udfs.experiments.arms import Arms
from udfs.experiments.open_arms import ArmModels
from udfs.experiments.router import Arm
from udfs.experiments.watched_weights import open_weights
from udfs.feature_store.lookups.open_join import open_join
from udfs.scoring.choice import Choice
from udfs.scoring.ladder import Ladder
from udfs.scoring.ladder_options import ladder_options
from udfs.scoring.log import FallbackLog
from udfs.scoring.model_source import open_models
from udfs.scoring.scorer import Scorer
from udfs.sql.routing import Routing


@dataclass(frozen=True)
class OpenModel:
    """A model that is open.

    Attributes:
        scorer: computes features and predictions.
        inputs: names of the columns of a call, in order.
        models: source of the model of each variant; under None, of the one that answers outside of experiments.
        opened: stack of objects that are closed with it.
    """

    scorer: Scorer
    inputs: tuple[str, ...]
    models: Mapping[Arm | None, ModelSource]
    opened: ExitStack

    def close(self) -> None:
        """Let models, weights and threads go."""
        self.opened.close()


def open_model(choice: Choice, inputs: tuple[str, ...], routing: Routing | None = None) -> OpenModel:
    """Open the model of a call.

    Args:
        choice: model and features.
        inputs: names of the columns of a call, in order.
        routing: experiments whose variants answer; None: the model answers all rows.

    Raises:
        ModelError: a model cannot be opened; then nothing is left open.
    """
    with ExitStack() as opened:
        if routing is None:
            own, arms = open_models(choice.ml, choice.inference, choice.features), None
            opened.callback(own.close)
            models: dict[Arm | None, ModelSource] = {None: own}
        else:
            models, arms = _open_arms(choice, routing, opened)
            own = models[None]
        ladder = ladder_options(choice.ml, choice.inference)
        scorer = Scorer(choice.features, own, fields=choice.inference.feature_fields, arms=arms, ladder=ladder)
        scorer.look_up_in(open_join(choice.ml.feature_store, choice.features))
        opened.callback(scorer.close)
        return OpenModel(scorer, inputs, models, opened.pop_all())


def _open_arms(choice: Choice, routing: Routing, opened: ExitStack) -> tuple[dict[Arm | None, ModelSource], Arms]:
    ml = choice.ml.model_copy(update={"ab_testing": routing.settings})
    weights = open_weights(ml, routing.experiments)
    opened.callback(weights.close)
    routing.router.follow(weights)
    found = ArmModels(ml, choice.inference, choice.features, routing.arms, "")
    opened.callback(found.close)
    options, log = ladder_options(ml, choice.inference), FallbackLog("")
    models: dict[Arm | None, ModelSource] = {None: found.own()}
    ladders: dict[Arm | None, Ladder] = {None: Ladder(found.own(), options, log)}
    for arms, source in found.sources():
        models |= dict.fromkeys(arms, source)
        ladders |= dict.fromkeys(arms, Ladder(source, options, log))
    return models, Arms(routing.router, ladders)
