"""A session of odd inputs: each is a mutation of the corpus, by its number and the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.fuzz.mutation import mutate

CORPUS = Path(__file__).with_name("corpus")


def read_corpus(folder: Path = CORPUS) -> dict[str, list[bytes]]:
    """Return the texts of each target, by its name."""
    return {each.name: [path.read_bytes() for path in sorted(each.iterdir())] for each in sorted(folder.iterdir())}


@dataclass(frozen=True)
class Session:
    """A session that tries inputs on targets in turns.

    Attributes:
        targets: function by name; it raises for an input that it treats wrongly.
        corpus: texts by name of the target.
        seed: begin of all random choices.
        folder: where failing inputs are written, as ``TARGET-HASH``.
    """

    targets: Mapping[str, Callable[[bytes], None]]
    corpus: Mapping[str, Sequence[bytes]]
    seed: int
    folder: Path

    def run(self, goes_on: Callable[[int], bool]) -> tuple[int, Failure | None]:
        """Try inputs until one fails, the texts of the corpus first.

        Args:
            goes_on: takes the number of inputs tried, and returns whether to try another.

        Returns:
            How many were tried, and the failure, if any.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        fixed = [(name, text) for name in self.targets for text in self.corpus[name]]
        number = 0
        while goes_on(number):
            name, text = fixed[number] if number < len(fixed) else self.input(number)
            number += 1
            failure = try_input(self.targets[name], text, self.folder / f"{name}-{_hash(text)}")
            if failure is not None:
                return number, failure
        return number, None

    def input(self, number: int) -> tuple[str, bytes]:
        """Return the target and the text of an input by its number."""
        random = Random(f"{self.seed}:{number}")
        name = random.choice(list(self.targets))
        texts = self.corpus[name]
        return name, mutate(random.choice(texts), texts, random)


@dataclass(frozen=True)
class Failure:
    """An input that its target treated wrongly.

    Attributes:
        path: file with the input.
        error: the error that the target raised.
    """

    path: Path
    error: BaseException


def try_input(target: Callable[[bytes], None], text: bytes, path: Path) -> Failure | None:
    """Try an input, which stays at ``path`` if it fails or ends the process."""
    path.write_bytes(text)
    try:
        target(text)
    except Exception as error:
        return Failure(path, error)
    path.unlink()
    return None


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()[:16]
