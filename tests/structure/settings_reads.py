"""Which attributes of which settings class the product reads, as mypy sees it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

from mypy.build import build
from mypy.find_sources import create_source_list
from mypy.options import Options
from mypy.plugin import AttributeContext, Plugin
from mypy.types import Type
from pydantic import BaseModel

from tests.structure.source_tree import PACKAGES, REPOSITORY

SETTINGS = "conf"
# Libraries whose types tell nothing about settings.
_SKIPPED = ("click", "dotenv", "numpy", "onnx", "orjson", "prometheus_client", "pydantic_core", "rich", "typer")

Read = tuple[str, str]
"""The full name of a settings class and the attribute that was read."""


def settings_reads() -> dict[Read, set[str]]:
    """Return the packages that read an attribute, by the class that defines it."""
    options = Options()
    options.incremental, options.cache_dir = False, os.devnull
    options.follow_imports, options.ignore_missing_imports = "silent", True
    options.check_untyped_defs, options.python_version = True, sys.version_info[:2]
    for library in _SKIPPED:
        options.per_module_options[f"{library}.*"] = {"follow_imports": "skip"}
    options.build_per_module_cache()
    recorder = Recorder(options)
    build(create_source_list([str(REPOSITORY / package) for package in PACKAGES], options), options, None, None,
          extra_plugins=[recorder])  # fmt: skip
    return recorder.reads


class Recorder(Plugin):
    """Note who reads what; types stay as they are."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.reads: dict[Read, set[str]] = {}

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        """Ask to be told of each attribute of a class in conf."""
        owner, _, attribute = fullname.rpartition(".")
        if not owner.startswith(f"{SETTINGS}."):
            return None

        def note(context: AttributeContext) -> Type:
            package = Path(context.api.path).resolve().relative_to(REPOSITORY).parts[0]  # type: ignore[attr-defined]
            if not context.is_lvalue:
                self.reads.setdefault((owner, attribute), set()).add(package)
            return context.default_attr_type

        return note


def leaves(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, Read]]:
    """Yield every leaf below a settings class: its YAML path, and the class and attribute that hold it."""
    for attribute, field in model.model_fields.items():
        path = (*prefix, field.alias or attribute)
        children = list(_settings_in(field.annotation))
        for child in children:
            yield from leaves(child, path)
        if not children:
            owner = next(each for each in model.__mro__ if attribute in each.__annotations__)
            yield ".".join(path), (f"{owner.__module__}.{owner.__qualname__}", attribute)


def _settings_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _settings_in(argument)
