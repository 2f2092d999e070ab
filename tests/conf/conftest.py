from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from conf.errors import ConfigError
from conf.loading.loader import load_settings
from conf.settings import Settings
from tests.conf.job_text import JOB


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Settings]:
    """Loads YAML text as the file `c.yaml`."""

    def load_text(text: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Settings:
        path = tmp_path / "c.yaml"
        path.write_text(text, encoding="utf-8")
        return load_settings(path, overrides=overrides, environ=environ or {})

    return load_text


@pytest.fixture
def refusals(load: Callable[..., Settings], tmp_path: Path) -> Callable[..., list[str]]:
    """The lines of the error that loading the text ends in, the file shown as `c.yaml`."""

    def lines(text: str, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            load(text, overrides, environ)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    return lines


@pytest.fixture
def job_yaml() -> str:
    return JOB
