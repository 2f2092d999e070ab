"""Statistics and n-grams of texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from udfs.features.characters import Characters
from udfs.features.feature import Feature
from udfs.features.hashing import MAX_WIDTH
from udfs.features.ngrams import Ngrams
from udfs.features.parameters import Parameter, Parameters
from udfs.features.source import TEXT, output_of, resolve_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from conf.settings import FeatureSpec, FieldSettings
    from udfs.features.feature import Columns, Matrix

STATISTICS: dict[str, Callable[[Characters], NDArray[np.generic]]] = {
    "length": lambda characters: characters.lengths,
    "word_count": Characters.word_counts,
    "contains_number": Characters.has_digit,
    "upper_ratio": Characters.upper_ratios,
}
_NGRAM_OPTIONS = ("ngram_min", "ngram_max", "ngram_unit", "signed", "seed")


@dataclass(frozen=True)
class Text(Feature):
    """Length in characters, words, digits, share of upper case; and hashed n-grams of words or characters."""

    type: ClassVar[str] = "text"
    null_rule: ClassVar[str] = "null -> 0"
    accepts: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "fields",
            "Statistics: length (characters), word_count, contains_number, upper_ratio.",
            "all, none beside n-grams",
        ),
        Parameter("ngram_buckets", "Number of columns that n-grams are hashed into.", "none"),
        Parameter("ngram_min", "Shortest n-gram, 1 to 16; this and the rest need `ngram_buckets`.", "1"),
        Parameter("ngram_max", "Longest n-gram, at most 16.", "2"),
        Parameter("ngram_unit", "What n-grams consist of: word or char.", "word"),
        Parameter(
            "signed",
            "Whether a bit of the hash gives the sign, so that collisions cancel out on average.",
            "false",
        ),
        Parameter("seed", "Start of the hash: another one spreads values differently.", "0"),
    )
    example: ClassVar[Mapping[str, object]] = {"source": "note", "parameters": {"fields": ["length", "word_count"]}}

    statistics: tuple[str, ...]
    ngrams: Ngrams | None

    @classmethod
    def from_spec(cls, spec: FeatureSpec, fields: Mapping[str, FieldSettings]) -> Text:
        """Accept `fields` (all, or none beside n-grams) and `ngram_buckets`.

        With the latter also `ngram_min` (1), `ngram_max` (2), `ngram_unit` (word), `signed` (false), `seed`
        (0).
        """
        parameters = Parameters(spec, cls.accepts)
        ngrams = _checked_ngrams(parameters)
        statistics = tuple(STATISTICS) if ngrams is None else ()
        if "fields" in parameters:
            items = parameters.items("fields")
            statistics = tuple(parameters.as_choice("fields", item, tuple(STATISTICS)) for item in items)
        buckets = () if ngrams is None else tuple(map(str, range(ngrams.buckets)))
        suffixes = (*statistics, *buckets)
        if len(set(suffixes)) < len(suffixes):
            parameters.refuse("fields: each one once", list(statistics), "drop the repeated one")
        stem = output_of(spec)
        names = tuple(f"{stem}_{suffix}" for suffix in suffixes) if len(suffixes) > 1 else (stem,)
        return cls(names, (resolve_source(spec, fields, TEXT),), statistics, ngrams)

    def transform(self, columns: Columns, out: Matrix) -> None:
        """Measure each text."""
        texts = columns[self.inputs[0]].tolist()
        if self.statistics:
            characters = Characters(texts)
            for position, name in enumerate(self.statistics):
                out[:, position] = STATISTICS[name](characters)
        if self.ngrams is not None:
            self.ngrams.count(texts, out[:, len(self.statistics) :])

    def formula(self, position: int) -> str:
        """Return the statistic or the n-grams of the column, in words."""
        if self.ngrams is None or position < len(self.statistics):
            return f"{self.statistics[position]} of {self.inputs[0]}"
        bucket = position - len(self.statistics)
        sizes = f"{self.ngrams.low}..{self.ngrams.high} {self.ngrams.unit}s"
        return f"runs of {sizes} of {self.inputs[0]} that xxh64 puts into {bucket} of {self.ngrams.buckets}"


def _checked_ngrams(parameters: Parameters) -> Ngrams | None:
    if "ngram_buckets" not in parameters:
        given = [name for name in _NGRAM_OPTIONS if name in parameters]
        if given:
            parameters.refuse("ngram_buckets beside n-gram options", given[0], "add ngram_buckets")
        return None
    low = parameters.integer("ngram_min", 1, low=1, high=16)
    return Ngrams(
        parameters.integer("ngram_buckets", low=2, high=MAX_WIDTH),
        low,
        parameters.integer("ngram_max", max(2, low), low=low, high=16),
        parameters.choice("ngram_unit", ("word", "char"), "word"),
        parameters.flag("signed", default=False),
        parameters.integer("seed", 0, low=0, high=2**63 - 1),
    )
