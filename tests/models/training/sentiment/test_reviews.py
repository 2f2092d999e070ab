from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from models.training.sentiment.reviews import read_reviews

RATINGS = "1\t2.25\tA joy.\n2\t-0.6\tToo\ttepid\n3\t0.0\tIt exists.\n10\t0.05\tFine, café.\n"


def _packed(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    inner = _packed("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt", RATINGS.encode())
    path = tmp_path / "vaderSentiment-3.3.2.tar.gz"
    path.write_bytes(_packed("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz", inner))
    return path


def test_sentences_have_the_sign_of_their_rating_and_the_score_of_the_lexicon(sdist: Path) -> None:
    found = {each.id: each for each in read_reviews(sdist, lambda text: len(text) / 100)}
    assert {number: (each.review, each.positive, each.vader) for number, each in found.items()} == {
        1: ("A joy.", 1, 0.06),
        2: ("Too\ttepid", 0, 0.09),
        10: ("Fine, café.", 1, 0.11),
    }
    assert [number for number, each in found.items() if each.is_test] == [10]


def test_times_are_a_second_apart_in_the_order_of_reading(sdist: Path) -> None:
    times = [each.time for each in read_reviews(sdist, lambda text: 0.0)]
    assert times == [1_767_225_600_000, 1_767_225_601_000, 1_767_225_602_000]


def test_file_without_ratings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.tar.gz").write_bytes(_packed("other.txt", b""))
    with pytest.raises(ValueError, match=r"expected hutto_ICWSM_2014\.tar\.gz in the archive, got none; download"):
        list(read_reviews(tmp_path / "other.tar.gz", lambda text: 0.0))
