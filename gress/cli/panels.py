"""Panels of `gress --help`: what belongs together, in the order that a newcomer needs it."""

from __future__ import annotations

import inspect
from typing import Any

from typer.core import TyperGroup

RUN = "Run"
MODELS = "Models"
FEATURES = "Features"
WATCH = "Watch"
CLUSTERS = "Clusters and Kafka"
PANELS = (RUN, MODELS, FEATURES, WATCH, CLUSTERS)


class PanelGroup(TyperGroup):
    """Commands in the order of their panels; within a panel as they were added, commands before nouns.

    The help of each command flows to the width of the terminal; typer would keep the ends of lines in the code.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        _flow(self)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, panel by panel."""
        names: list[str] = super().list_commands(ctx)
        panels = {name: getattr(self.commands[name], "rich_help_panel", None) for name in names}
        # A command without a panel comes last, in the panel that typer gives it.
        return sorted(names, key=lambda name: PANELS.index(panels[name]) if panels[name] in PANELS else len(PANELS))


def _flow(group: Any) -> None:
    for command in group.commands.values():
        if command.help:
            paragraphs = inspect.cleandoc(command.help).split("\n\n")
            command.help = "\n\n".join(" ".join(each.split()) for each in paragraphs)
        if hasattr(command, "commands"):
            _flow(command)
