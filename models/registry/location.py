"""From settings to a registry: which store, which bucket, which prefix."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conf.resolve import resolve_location
from conf.settings import ModelRegistrySettings
from models.errors import ModelError
from models.registry.cache import ModelCache
from models.registry.registry import Registry
from models.registry.store import ObjectStore

if TYPE_CHECKING:
    from datetime import timedelta

    from obstore.store import MemoryStore

_SCHEMES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "azure": "az", "memory": "memory"}
# A store that does not answer must not hold a job up: 3 more tries within half a minute.
_TIMEOUT_S, _CONNECT_TIMEOUT_S, _RETRIES, _RETRY_TIMEOUT_S = 10, 3, 3, 30


def open_registry(settings: ModelRegistrySettings) -> Registry:
    """The registry that settings describe; nothing is read yet.

    Credentials come from the environment or the cloud's own chain.
    """
    scheme, bucket, prefix = _place(settings)
    if scheme == "file":
        return local_registry(Path(prefix))
    url = f"{scheme}://{'/'.join(part for part in (bucket, prefix) if part)}"
    backend = _memory(url) if scheme == "memory" else _remote(settings, scheme, bucket, prefix)
    return Registry(ObjectStore(backend, url), ModelCache(_cache_folder(settings)))


def local_registry(base: Path) -> Registry:
    """The registry in a folder, which is made by the first model published there."""
    return Registry(ObjectStore(None, str(base), base.absolute()))


def _place(settings: ModelRegistrySettings) -> tuple[str, str, str]:
    """Scheme, bucket and prefix."""
    base = settings.base_path
    if "://" in base:
        parts = urlsplit(base)
        if parts.scheme == "file":
            return "file", "", parts.path
        return _scheme(base, parts.scheme), parts.netloc, parts.path.strip("/")
    if settings.type == "local":
        return "file", "", resolve_location(base, setting=("ml", "model_registry", "base_path"))
    bucket = settings.s3_bucket if settings.type == "s3" else settings.gcs_bucket
    return {"s3": "s3", "gcs": "gs"}[settings.type], bucket or "", base.removeprefix("./").strip("/")


def _scheme(base: str, scheme: str) -> str:
    if scheme not in _SCHEMES:
        subject = f"model registry {base}"
        problem = f"has scheme {scheme}://"
        raise ModelError(subject, problem, f"expected a folder, file:// or one of {', '.join(_SCHEMES)}")
    return _SCHEMES[scheme]


def _remote(settings: ModelRegistrySettings, scheme: str, bucket: str, prefix: str) -> Any:
    from obstore import store

    common: dict[str, Any] = {
        "prefix": prefix or None,
        "client_options": {
            "timeout": f"{_TIMEOUT_S}s",
            "connect_timeout": f"{_CONNECT_TIMEOUT_S}s",
            "allow_http": (settings.s3_endpoint or "").startswith("http://") or scheme == "gs",
        },
        "retry_config": {"max_retries": _RETRIES, "retry_timeout": _seconds(_RETRY_TIMEOUT_S)},
    }
    if scheme == "s3":
        options: dict[str, Any] = {"endpoint": settings.s3_endpoint, "region": settings.s3_region}
        return store.S3Store(bucket, **common, **{key: value for key, value in options.items() if value})
    if scheme == "gs":
        if settings.gcs_project:
            # Who pays for the requests, where it is not the bucket's own project.
            common["client_options"]["default_headers"] = {"x-goog-user-project": settings.gcs_project}
        return store.GCSStore(bucket, **common)
    return store.AzureStore(bucket, **common)


def _seconds(value: int) -> timedelta:
    from datetime import timedelta

    return timedelta(seconds=value)


@lru_cache(maxsize=64)
def _memory(url: str) -> MemoryStore:
    """One store for each URL and process, as a folder would be."""
    from obstore.store import MemoryStore

    return MemoryStore()


def _cache_folder(settings: ModelRegistrySettings) -> Path:
    return Path(settings.cache_dir) if settings.cache_dir else Path(tempfile.gettempdir()) / "gress-ml-models"
