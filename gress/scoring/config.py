"""Settings that a program names: a shipped job, a file, or settings themselves."""

from __future__ import annotations

from pathlib import Path

from conf.loading.loader import load_settings
from conf.settings import JobSettings, Settings
from jobs.catalogue import default_config, find_job
from jobs.errors import refuse


def settings_of(config: str | Path | Settings) -> Settings:
    """Return settings, which have a job.

    Raises:
        ConfigError: the file is wrong.
        JobError: there is no such job, the settings have none, or they are of another type.
    """
    settings = _loaded(config)
    job_of(settings)
    return settings


def job_of(settings: Settings) -> JobSettings:
    """Return the job of settings.

    Raises:
        JobError: they have none.
    """
    if settings.job is None:
        refuse("settings", "a `job:` with events, features and inference", "none")
    return settings.job


def _loaded(config: str | Path | Settings) -> Settings:
    if isinstance(config, Settings):
        return config
    if not isinstance(config, (str, Path)):
        kinds = "the name of a job, a file, or settings of gress.load_settings"
        refuse("config", kinds, type(config).__name__, "write them to a file")
    if isinstance(config, str) and not Path(config).suffix and not Path(config).exists():
        find_job(config)
        return load_settings(default_config(config))
    return load_settings(config)
