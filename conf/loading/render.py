"""The settings in effect for people to read: every default filled in, every secret masked."""

from __future__ import annotations

from typing import Any

from conf.loading.masking import masked_tree
from conf.settings import Settings
from conf.yaml_text import write_yaml


def render_settings(settings: Settings) -> dict[str, Any]:
    """Return settings as the nested mapping of a YAML file, under the YAML's names."""
    hidden = settings.from_environment
    tree: dict[str, Any] = masked_tree(settings.model_dump(mode="json", by_alias=True), hidden=hidden)
    return tree


def render_yaml(settings: Settings) -> str:
    """Return settings as YAML, which loads to the same settings if they hold no secrets."""
    return write_yaml(render_settings(settings))
