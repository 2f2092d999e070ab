"""Doubt about a job whose feature store does not answer when it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from state.feature_store.group import Group
from udfs.feature_store.open_store import open_store

if TYPE_CHECKING:
    from conf.settings import FeatureStoreSettings, JobSettings

_NOWHERE = Group("gress", "check")
_LOOKS_UP = "what is looked up there takes its default until it does"
_PUBLISHES = {
    "wait": "the job waits with its predictions until it does",
    "drop": "what the job publishes is dropped until it does",
}


def store_doubt(settings: FeatureStoreSettings, job: JobSettings) -> str | None:
    """Return a warning where the job's store does not answer on this machine; None: it answers, or has no use here.

    Workers continue without the store, wherever they are, so this is no reason to refuse a job; but nobody who runs it
    may see their logs.

    Args:
        settings: `ml.feature_store`.
        job: settings of the job.
    """
    looks_up = any(spec.type == "lookup" and "entity" in spec.parameters for spec in job.features.specs)
    if not settings.enabled or settings.backend == "memory" or not (looks_up or settings.publish):
        return None
    with open_store(settings) as store:
        store.get_many(_NOWHERE, ["check"], ["check"])
        reasons = ", ".join(store.counts().errors)
    if not reasons:
        return None
    follows = [_LOOKS_UP] if looks_up else []
    follows += [_PUBLISHES[settings.on_full]] if settings.publish else []
    return f"feature store: redis at {settings.redis_addr} gives no answer ({reasons}); {', and '.join(follows)}"
