"""Check of `gress doctor`: the feature store answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gress.doctor import Requirement

if TYPE_CHECKING:
    from conf.settings import FeatureStoreSettings

_FIXES = {
    "access": "correct ml.feature_store.redis_user and redis_password, or give the user its commands",
    "timeout": "see whether the server is busy, or correct ml.feature_store.redis_tls and timeout",
    "refused": "correct ml.feature_store.redis_mode and redis_db, or see what else the server expects",
}
_FULL = "raise the server's maxmemory, or shorten ml.feature_store.ttl"


def check_store(settings: FeatureStoreSettings) -> Requirement:
    """Check that the server answers and has room, where ``ml.feature_store`` names one."""
    from state.feature_store.errors import StoreError
    from udfs.feature_store.errors import StoreSettingError
    from udfs.feature_store.open_store import open_store

    name = "Feature store"
    if settings.backend == "memory":
        return Requirement(name, ok=True, found="in the memory of each process")
    try:
        with open_store(settings) as store:
            stats = store.stats()
    except StoreSettingError as error:
        return Requirement(name, ok=False, found=str(error), fix="pip install 'gress-ml[redis]'")
    except StoreError as error:
        fix = _FIXES.get(error.reason, "start the server, or correct ml.feature_store.redis_addr and redis_tls")
        return Requirement(name, ok=False, found=str(error).removeprefix("feature store: "), fix=fix)
    # A full server answers all but writes. One that evicts makes room before it answers.
    if 0 < stats.bytes_limit <= stats.bytes_used:
        found = f"{settings.redis_addr} is full: {stats.bytes_used:,} of {stats.bytes_limit:,} bytes"
        return Requirement(name, ok=False, found=found, fix=_FULL)
    return Requirement(name, ok=True, found=f"{settings.redis_addr}, {stats.entities:,} entities")
