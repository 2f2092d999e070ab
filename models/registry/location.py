"""Opening of the registry that settings describe: store, bucket and prefix."""

from __future__ import annotations

import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from conf.loading.loader import settings_from
from conf.loading.resolve import resolve_location
from conf.settings import ModelRegistrySettings
from models.errors import fail
from models.registry.cache import ModelCache
from models.registry.errors import describe
from models.registry.patience import Patience
from models.registry.registry import Registry
from models.registry.store import ObjectStore

if TYPE_CHECKING:
    from obstore.store import MemoryStore

_SCHEMES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs", "az": "az", "azure": "az", "memory": "memory"}


def open_registry(settings: ModelRegistrySettings | str | Path, patience: Patience | None = None) -> Registry:
    """Open a registry; nothing is read yet.

    Credentials come from the environment or the cloud's own chain.

    Args:
        settings: ``ml.model_registry`` of a job's settings; or only a folder, ``package:NAME`` or a URL.
        patience: how long to wait for a store, and how often to ask it again.

    Raises:
        ConfigError: the text names no place.
        ModelError: the settings do not fit together.
        RegistryError: the store refuses to be opened.
    """
    if isinstance(settings, (str, Path)):
        place = {"ml": {"model_registry": {"base_path": str(settings)}}}
        settings = settings_from(place, origin="registry").ml.model_registry
    scheme, bucket, prefix = _place(settings)
    if scheme == "file":
        return local_registry(Path(prefix))
    url = _url(scheme, bucket, prefix)
    cache = _cache(settings)
    if scheme == "memory":
        return Registry(ObjectStore(_memory(url), url), cache)
    from obstore.exceptions import BaseError

    _check_endpoint(settings.s3_endpoint)
    waits = patience or Patience()

    def connect(size_bytes: int = 0) -> Any:
        return _remote(settings, (scheme, bucket, prefix), waits.client_options(size_bytes), waits.retry_config())

    try:
        return Registry(ObjectStore(connect(), url, transfer=connect), cache)
    except BaseError as error:
        # Drop the cause, which may quote a part of a key file.
        raise describe(error, url, "be opened") from None


def place_of(settings: ModelRegistrySettings) -> str:
    """Return the absolute folder or the URL of a registry, as an open one calls itself; nothing is opened.

    Raises:
        ConfigError: the package that the settings name is not installed.
        ModelError: the URL is of no known kind.
    """
    scheme, bucket, prefix = _place(settings)
    return str(Path(prefix).absolute()) if scheme == "file" else _url(scheme, bucket, prefix)


def local_registry(base: Path) -> Registry:
    """Open the registry in a folder; the first model published there creates the folder."""
    return Registry(ObjectStore(None, str(base), base.absolute()))


def _url(scheme: str, bucket: str, prefix: str) -> str:
    return f"{scheme}://{'/'.join(part for part in (bucket, prefix) if part)}"


def _place(settings: ModelRegistrySettings) -> tuple[str, str, str]:
    """Return scheme, bucket and prefix."""
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
        fail(
            f"model registry {base}",
            f"has scheme {scheme}://",
            f"expected a folder, file:// or one of {', '.join(_SCHEMES)}",
        )
    return _SCHEMES[scheme]


def _check_endpoint(endpoint: str | None) -> None:
    """Refuse an endpoint on which the store's library would end the process."""
    if endpoint is None or re.fullmatch(r"https?://[\w.:\[\]-]+(/[!-~]*)?", endpoint, re.ASCII):
        return
    fail(f"model_registry.s3_endpoint {endpoint!r}", "is no URL of a server", "expected http[s]://HOST[:PORT]")


def _remote(
    settings: ModelRegistrySettings, place: tuple[str, str, str], client: dict[str, Any], retries: dict[str, Any]
) -> Any:
    from obstore import store

    scheme, bucket, prefix = place
    # GCS uses TLS unless a key file names another server.
    client["allow_http"] = (settings.s3_endpoint or "").startswith("http://") or scheme == "gs"
    common: dict[str, Any] = {"prefix": prefix or None, "client_options": client, "retry_config": retries}
    if scheme == "s3":
        options: dict[str, Any] = {"endpoint": settings.s3_endpoint, "region": settings.s3_region}
        return store.S3Store(bucket, **common, **{key: value for key, value in options.items() if value})
    if scheme == "gs":
        if settings.gcs_project:
            # The header names the project that pays for the requests if it is not the bucket's own.
            client["default_headers"] = {"x-goog-user-project": settings.gcs_project}
        return store.GCSStore(bucket, **common)
    return store.AzureStore(bucket, **common)


@lru_cache(maxsize=64)
def _memory(url: str) -> MemoryStore:
    """Return the one store of this process for a URL, which lasts as a folder would."""
    from obstore.store import MemoryStore

    return MemoryStore()


def _cache(settings: ModelRegistrySettings) -> ModelCache:
    if settings.cache_dir:
        return ModelCache(Path(settings.cache_dir))
    return ModelCache(Path(tempfile.gettempdir()) / f"gress-ml-models-{os.getuid()}", is_shared=False)
