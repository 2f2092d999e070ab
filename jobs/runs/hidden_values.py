"""Values of the environment, which no error of a run shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import reduce

from conf.errors import KeyPath
from conf.loading.masking import MASK
from conf.settings import Settings
from jobs.errors import JobError
from models.errors import ModelError
from udfs.features.errors import FeatureError

# Shorter texts are no secrets, and would be found inside of words.
_SHORTEST = 4


@contextmanager
def hiding_values(settings: Settings) -> Iterator[None]:
    """Put ``***`` in the place of each value of ``${NAME}`` that an error of a job quotes.

    Flink and Kafka's client quote values in texts of their own.
    """
    try:
        yield
    except (JobError, FeatureError, ModelError) as error:
        tree = settings.model_dump(mode="json", by_alias=True)
        hide_values(error, [_value_at(tree, path) for path in settings.from_environment])
        raise


def hide_values(error: Exception, values: Iterable[object]) -> None:
    """Put ``***`` in the place of some values in the texts of an error."""
    # The longest first: one may contain another.
    hidden = sorted((text for text in map(str, values) if len(text) >= _SHORTEST), key=len, reverse=True)

    def masked(part: object) -> object:
        return reduce(lambda text, value: text.replace(value, MASK), hidden, part) if isinstance(part, str) else part

    error.args = tuple(map(masked, error.args))
    for name, part in vars(error).items():
        setattr(error, name, masked(part))


def _value_at(tree: object, path: KeyPath) -> object:
    for part in path:
        tree = tree[part]  # type: ignore[index]
    return tree
