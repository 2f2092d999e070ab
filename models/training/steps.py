"""The command line of programs that draw a job's data in one step, and train its model in another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


class Steps:
    """Steps of a program, each with its own options.

    Args:
        module: name under which Python runs the program.
        description: text of its help.
    """

    def __init__(self, module: str, description: str | None) -> None:
        self.parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
        self._steps: Any = self.parser.add_subparsers(dest="step", required=True)

    def add(self, name: str, text: str) -> argparse.ArgumentParser:
        """Add a step, and return the parser of its options."""
        added: argparse.ArgumentParser = self._steps.add_parser(name, help=text)
        return added

    def add_data(self, text: str) -> argparse.ArgumentParser:
        """Add the step that draws data from a seed, and return the parser of its options."""
        data = self.add("data", text)
        data.add_argument("--seed", type=int, required=True, help="seed of the random numbers")
        data.add_argument("--output", type=Path, required=True, help="file for the events, .jsonl or .jsonl.gz")
        return data

    def add_model(self) -> None:
        """Add the step that trains a model on exported features."""
        model = self.add("model", "train and write the model")
        model.add_argument("--features", type=Path, required=True, help="Parquet of `gress features export`")
        model.add_argument("--folder", type=Path, required=True, help="folder for the files")
