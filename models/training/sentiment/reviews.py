"""Sentences of film reviews with ratings by people, as events: the data of the sentiment job.

The sdist of vaderSentiment 3.3.2 (MIT licence, C.J. Hutto) holds an archive of sentences, each with the mean of 20
ratings from -4 to 4. The sentences are those of Pang and Lee's sentence polarity data. The package itself gives each
sentence the score of its lexicon, from -1 to 1, which is the baseline.

Source: Hutto and Gilbert, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text, ICWSM
2014; Pang and Lee, Seeing stars, ACL 2005.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_ARCHIVE = "hutto_ICWSM_2014.tar.gz"
_RATINGS = "movieReviewSnippets_GroundTruth.txt"
_TEST_SHARE = 5  # every fifth sentence
_START_MS = 1_767_225_600_000  # 2026-01-01: the sentences have no times of their own


@dataclass(frozen=True)
class Review:
    """A sentence as an event of the sentiment job.

    Attributes:
        id: number in the archive.
        time: made up: a second after that of the sentence before.
        review: the sentence.
        positive: 1 = its mean rating is over 0.
        vader: score of VADER's lexicon and rules, -1 to 1.
    """

    id: int
    time: int
    review: str
    positive: int
    vader: float

    @property
    def is_test(self) -> bool:
        """Whether no model may see the sentence in training."""
        return self.id % _TEST_SHARE == 0


def read_reviews(sdist: Path, lexicon: Callable[[str], float]) -> Iterator[Review]:
    """Yield the sentences that people do not rate exactly 0, in an order that depends on their numbers alone.

    Args:
        sdist: file of ``pip download --no-deps --no-binary :all: vaderSentiment==3.3.2``.
        lexicon: function that returns the score of a sentence, -1 to 1.

    Raises:
        ValueError: the file does not hold the ratings.
    """
    rated = [(int(number), float(rating), text) for number, rating, text in _lines(sdist) if float(rating)]
    # The archive has all favourable sentences of a source together, which no stream would.
    rated.sort(key=lambda row: hashlib.sha1(str(row[0]).encode(), usedforsecurity=False).digest())
    for place, (number, rating, text) in enumerate(rated):
        yield Review(number, _START_MS + 1_000 * place, text, int(rating > 0), lexicon(text))


def vader_score(text: str) -> float:
    """Return the score of VADER's lexicon and rules, -1 to 1."""
    return float(_vader().polarity_scores(text)["compound"])


@cache
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def _lines(sdist: Path) -> Iterator[list[str]]:
    """Yield number, rating and text of each line of the ratings."""
    with tarfile.open(sdist) as outer:
        inner = io.BytesIO(_member(outer, _ARCHIVE))
    with tarfile.open(fileobj=inner) as archive:
        text = _member(archive, _RATINGS).decode("utf-8")
    for line in text.splitlines():
        yield line.split("\t", 2)


def _member(archive: tarfile.TarFile, ending: str) -> bytes:
    found = [member for member in archive.getmembers() if member.name.endswith(ending)]
    file = archive.extractfile(found[0]) if found else None
    if file is None:
        msg = f"expected {ending} in the archive, got none; download the sdist of vaderSentiment 3.3.2"
        raise ValueError(msg)
    return file.read()
