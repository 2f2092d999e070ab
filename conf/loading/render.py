"""The settings in effect, to be read by people: every default filled in, every secret masked."""

from __future__ import annotations

from typing import Any

from conf.loading.masking import masked_tree
from conf.settings import Settings
from conf.yaml_text import write_yaml


def render_settings(settings: Settings) -> dict[str, Any]:
    """Settings as the nested mapping a YAML file would hold, under the YAML's names."""
    tree: dict[str, Any] = masked_tree(settings.model_dump(mode="json", by_alias=True))
    return tree


def render_yaml(settings: Settings) -> str:
    """Settings as YAML; without secrets in it, it loads to the same settings."""
    return write_yaml(render_settings(settings))
