"""A stream of predictions, beside which its dead letters go."""

from __future__ import annotations

from typing import Any

from pyflink.datastream import DataStream, OutputTag

DEAD_LETTERS = OutputTag("gress-dead-letters")
"""The side output of rows without a prediction."""


class ScoredStream(DataStream):
    """The predictions of a stream; its side output ``DEAD_LETTERS`` has the rows that got none.

    Args:
        predictions: stream of predictions.
        dead_letters: stream of the others.
    """

    def __init__(self, predictions: DataStream, dead_letters: DataStream) -> None:
        super().__init__(predictions._j_data_stream)
        self._dead_letters = dead_letters

    def get_side_output(self, output_tag: Any) -> DataStream:
        """Return the dead letters for ``DEAD_LETTERS``; for another tag, what Flink has for it."""
        if output_tag.tag_id == DEAD_LETTERS.tag_id:
            return self._dead_letters
        return super().get_side_output(output_tag)
