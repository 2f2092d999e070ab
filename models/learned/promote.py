"""Promotion of a learnt version by the job that learnt it, which never overrules a person.

Rules, for a model's primary and the generation that chose it:
- If the job chose it, the job may replace it by a newer version.
- If the job never promoted, it may replace the version that it continued from, or be the first that is promoted.
- If anybody else chose it since, as a rollback does, their choice stays. Whoever promotes a version of the job by hand,
  its last one or a higher one, hands the choice back to it.
- A version never replaces one that was learnt from newer rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import fail
from models.learned.learned_version import scores_text
from models.lifecycle.promotion import promotable
from models.spec import ModelSpec
from models.version import Version

if TYPE_CHECKING:
    from models.registry import Deployment, Registry


@dataclass(frozen=True)
class PromotionResult:
    """The outcome of an attempt to promote.

    Attributes:
        deployment: the new generation; None: there is none.
        reason: why it was promoted or why not, in words.
    """

    deployment: Deployment | None
    reason: str


def promote_learned(registry: Registry, name: str, version: str) -> PromotionResult:
    """Make a learnt version the primary in the name of its job, if the rules above let it; validate it first.

    Args:
        registry: registry of the model.
        name: name of the model.
        version: the learnt version.

    Returns:
        The new generation, or the reason why there is none.

    Raises:
        ModelError: the version was not learnt by a job, is not in the registry, is retired or does not pass.
        RegistryError: the store does not answer.
    """
    spec = registry.spec(name, version)
    if spec.lineage is None:
        fail(spec.ref, "was not learnt from a stream", "promote it by hand: `gress models promote`")
    latest = registry.deployments(name).latest()
    refusal = None if latest is None else _refusal(registry, spec, latest)
    if refusal is not None:
        return PromotionResult(None, refusal)
    promotable(registry, name, spec.version, by=author(spec))
    chosen_in = latest.chosen_in if latest is not None else 0
    why = scores_text(spec.metrics, spec.lineage)
    made = registry.deployments(name).promote_over(spec.version, chosen_in, by=author(spec), why=why)
    if made is None:
        return PromotionResult(None, "another version was promoted at the same time")
    return PromotionResult(made, why)


def author(spec: ModelSpec) -> str:
    """Return the name under which the job that learnt a version promotes; "" for other versions."""
    return f"job {spec.lineage.job}" if spec.lineage is not None else ""


def _refusal(registry: Registry, spec: ModelSpec, latest: Deployment) -> str | None:
    """Return why a version may not replace the primary; None: it may."""
    if latest.primary == spec.version:
        return f"{spec.version} serves already, since generation {latest.chosen_in}"
    serving = registry.spec(spec.name, latest.primary)
    chosen, own = _choices(registry.deployments(spec.name).newest_first(), latest, author(spec))
    if _is_its_turn(spec, serving, chosen, own):
        return _older(spec, serving)
    if own is None:
        fix = f"promote {spec.version} by hand to begin"
        return f"{_told(chosen)}, and the job did not go on from that version; {fix}"
    return f"{_told(chosen)}, after the job had promoted {own.primary}; promote that or a higher version to go on"


def _choices(newest_first: Iterable[Deployment], latest: Deployment, who: str) -> tuple[Deployment, Deployment | None]:
    """Return the generation that chose the primary, and the last promotion in a job's name; None: there is none."""
    chosen = latest
    for each in newest_first:
        if each.generation == latest.chosen_in:
            chosen = each
        # An experiment of the same job promotes its winner in the job's name, too, which is no word of the learner.
        if each.action == "promote" and each.by == who and each.experiment is None:
            return chosen, each
    return chosen, None


def _is_its_turn(spec: ModelSpec, serving: ModelSpec, chosen: Deployment, own: Deployment | None) -> bool:
    """Return whether the choice of the primary is the job's: by its own promotion, its parent, or a person's hand."""
    if own is None:
        is_parent = spec.lineage is not None and spec.lineage.parent == serving.version
        return is_parent or (chosen.action == "promote" and author(serving) == author(spec))
    if chosen.generation <= own.generation:
        return True
    is_by_hand = chosen.action == "promote" and author(serving) == author(spec)
    return is_by_hand and Version.parse(serving.version) >= Version.parse(own.primary)


def _told(chosen: Deployment) -> str:
    done = "rolled back to" if chosen.action == "rollback" else "promoted"
    why = f" ({chosen.why})" if chosen.why else ""
    return f"{chosen.by} {done} {chosen.primary} in generation {chosen.generation}{why}"


def _older(spec: ModelSpec, serving: ModelSpec) -> str | None:
    """Return that a version was learnt from no newer rows than the serving one; None: it was, or it is unknown."""
    if spec.lineage is None or serving.lineage is None or spec.lineage.newest > serving.lineage.newest:
        return None
    ends = f"{serving.lineage.newest.isoformat()}, {spec.version} from rows up to {spec.lineage.newest.isoformat()}"
    return f"{serving.version} serves, learnt from rows up to {ends}"
