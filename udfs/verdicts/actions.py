"""Actions on verdicts: the registry's deployments change, and running jobs follow.

Rules of this file:

- A verdict acts on the state that it was reached for: the registry's step is that of the rows, and the experiment still
  runs. So a look that is repeated after a failure acts once, and nobody acts on what somebody else has changed since.
- The records of a look at a bandit all name the same weights, so the first one acts, and the others find it done.
- Pairs know the losses of both models, and nothing of the steps of a ramp. So harm that they show rolls back at any
  step; they promote only where their loss is all that the verdict asks for, and a bandit follows its weights alone.
- A registry that does not answer costs no record: the record says so, and the next look tries again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Literal

from conf.experiments.ab_testing import ALL, ExperimentSettings, VariantSettings
from conf.experiments.weights_at import weights_at
from conf.settings import MlSettings
from models.errors import ModelError
from models.lifecycle.promotion import promotable
from models.registry import Deployment, ExperimentState, Registry, open_registry
from udfs.verdicts.paired import paired_name, treatments

Act = Callable[[Mapping[str, Any]], dict[str, Any]]
_ACTIONS = ("advance", "promote", "rollback", "reweigh")


class Actions:
    """Actions on the verdicts of one experiment.

    Args:
        experiment: the experiment.
        open_store: opens the registry; called with each action.
        by: name of the actor, for the history.
        clock: function that returns the present time.
    """

    def __init__(
        self,
        experiment: ExperimentSettings,
        open_store: Callable[[], Registry],
        by: str,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.timezone.utc),
    ) -> None:
        self._experiment = experiment
        self._open = open_store
        self._by = by
        self._clock = clock

    def act(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Act on a record, where it asks for an action; return a note on the action, for the record.

        Args:
            record: of a look, as the judge makes it.
        """
        if record["action"] not in _ACTIONS:
            return {}
        waits_for = self._beyond_pairs(record) if record["is_paired"] else ""
        if waits_for:
            return {"waits_for": waits_for}
        try:
            return self._act(record)
        except ModelError as error:
            return {"failed": str(error)}

    def _beyond_pairs(self, record: Mapping[str, Any]) -> str:
        """Return what has to say the same before anybody acts on a record of pairs; empty: nothing has to."""
        experiment, judged = self._experiment, set(record["rules"]["metrics"])
        if experiment.bandit is not None:
            return "the bandit, whose weights alone decide"
        if record["action"] == "rollback":
            return ""
        if experiment.ramp is not None:
            return "the split, whose ramp takes its steps"
        metrics = experiment.verdict.metrics if experiment.verdict is not None else ()
        others = [each.title for each in metrics if each.title not in judged]
        return f"{', '.join(others)} of the split" if others else ""

    def _act(self, record: Mapping[str, Any]) -> dict[str, Any]:
        registry = self._open()
        default = self._experiment.default
        deployments = registry.deployments(default.model_name)
        latest = deployments.latest()
        now = latest.experiments.get(self._experiment.name) if latest is not None else None
        if now is not None and now.state != "running":
            return {"ended": now.state}
        if latest is not None and now is not None and _is_done(record, now):
            return _done_by(latest, now)
        step = 0 if now is None else now.step
        # Pairs are of the models, whatever shares these have.
        if not record["is_paired"] and record["step"] != step:
            return {"waits_for": "rows of the present step"}
        weights = self._weights(now)
        treatment = next(each for each in self._experiment.variants if each.name == record["variant"])
        state, winner = self._next(record, treatment, weights, step)
        if state is None:
            return {}
        done = deployments.set_experiment(
            self._experiment.name,
            state,
            action="advance" if state.state == "running" else "end",
            by=self._by,
            why="; ".join(record["reasons"]),
            expected_generation=latest.generation if latest is not None else 0,
            primary=self._primary(registry, latest, winner),
        )
        if done is not None and winner is not None and winner.model_name != default.model_name:
            self._promote_other(registry, winner, done)
        if done is None:
            return {"overtaken": "somebody else changed the experiment"}
        return _done_by(done, state)

    def _promote_other(self, registry: Registry, winner: VariantSettings, done: Deployment) -> None:
        """Promote a winner that is of another model than the default variant."""
        if winner.model_version:
            version = promotable(registry, winner.model_name, winner.model_version, by=self._by)
            others = registry.deployments(winner.model_name)
            others.promote(version, by=self._by, why=done.why, experiment=self._experiment.name)

    def _weights(self, now: ExperimentState | None) -> dict[str, Fraction]:
        """Return the present weight of each variant."""
        if now is None:
            return dict(weights_at(self._experiment))
        return {each.name: Fraction(str(now.weights.get(each.name, 0))) for each in self._experiment.variants}

    def _next(
        self, record: Mapping[str, Any], treatment: VariantSettings, weights: dict[str, Fraction], step: int
    ) -> tuple[ExperimentState | None, VariantSettings | None]:
        """Return the state that a record leads to, and the variant that has won; None: there is nothing to do."""
        action = record["action"]
        if action == "reweigh":
            told = record["bandit"]["weights"]
            return self._state({name: Fraction(str(weight)) for name, weight in told.items()}, step), None
        if action == "advance":
            ramp = self._experiment.ramp
            shares = () if ramp is None else ramp.steps
            later = [share for share in shares if share > weights[treatment.name]]
            return (self._state(_grown(weights, treatment.name, later[0]), step), None) if later else (None, None)
        if action == "promote":
            won = {name: ALL if name == treatment.name else Fraction(0) for name in weights}
            return self._state(won, step, "promoted"), treatment
        if not weights[treatment.name]:
            return None, None  # it was rolled back before
        control = self._experiment.default.name
        left = {**weights, control: weights[control] + weights[treatment.name], treatment.name: Fraction(0)}
        is_over = left[control] == ALL
        return self._state(left, step, "rolled_back" if is_over else "running"), None

    def _state(
        self,
        weights: Mapping[str, Fraction],
        step: int,
        state: Literal["running", "promoted", "rolled_back"] = "running",
    ) -> ExperimentState:
        found = {name: float(weight) for name, weight in weights.items()}
        return ExperimentState(weights=found, step=step + 1, state=state, since=self._clock())

    def _primary(self, registry: Registry, latest: Deployment | None, winner: VariantSettings | None) -> str | None:
        """Return the version to promote: the winner's, or the default variant's where none was promoted before."""
        default = self._experiment.default
        if winner is not None and winner.model_name == default.model_name and winner.model_version:
            return promotable(registry, winner.model_name, winner.model_version, by=self._by)
        if latest is not None:
            return None
        return default.model_version or registry.spec(default.model_name).version


def _is_done(record: Mapping[str, Any], now: ExperimentState) -> bool:
    """Return whether another record of the same look has given a bandit's variants their weights."""
    if record["action"] != "reweigh" or now.step != record["step"] + 1:
        return False
    return dict(now.weights) == dict(record["bandit"]["weights"])


def _done_by(deployment: Deployment, state: ExperimentState) -> dict[str, Any]:
    return {"generation": deployment.generation, "weights": dict(state.weights), "state": state.state}


def _grown(weights: Mapping[str, Fraction], name: str, share: float) -> dict[str, Fraction]:
    """Return weights in which one variant has a share, and the others the rest in proportion to what they have."""
    grown = Fraction(str(share))
    others = ALL - weights[name]
    return {
        each: grown if each == name else weight * (ALL - grown) / others if others else Fraction(0)
        for each, weight in weights.items()
    }


def actions_of(ml: MlSettings, experiments: Iterable[ExperimentSettings], job: str) -> dict[str, Act]:
    """Return the function that acts on a record, by the names under which acting experiments and pairs are judged."""
    found: dict[str, Act] = {}
    for each in experiments:
        if each.verdict is not None and each.verdict.auto:
            pairs = [paired_name(each.name, treatment) for treatment in treatments(each)] if each.verdict.paired else []
            actions = Actions(each, lambda: open_registry(ml.model_registry), f"job {job}")
            found |= dict.fromkeys((each.name, *pairs), actions.act)
    return found
