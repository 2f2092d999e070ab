from __future__ import annotations

from models.serving.live import LiveModel
from models.serving.pool import LivePool
from tests.models.serving.fakes import FakeVersions


def versions() -> FakeVersions:
    found = FakeVersions()
    found.promote("1.0.0")
    return found


def test_operators_with_one_key_share_one_live_model() -> None:
    pool, found = LivePool(), versions()
    first, second = (pool.acquire("key", lambda: LiveModel(found)) for _ in range(2))
    with first.lease() as one, second.lease() as other:
        assert one is other
    assert (len(pool), len(found.opened)) == (1, 1)
    first.close()
    first.close()
    assert found.opened[0].closed == 0
    second.close()
    assert (len(pool), found.opened[0].closed) == (0, 1)


def test_operators_with_other_keys_have_models_of_their_own() -> None:
    pool, mine, yours = LivePool(), versions(), versions()
    first, second = pool.acquire("a", lambda: LiveModel(mine)), pool.acquire("b", lambda: LiveModel(yours))
    assert len(pool) == 2
    first.close()
    second.close()
    assert [model.closed for model in (*mine.opened, *yours.opened)] == [1, 1]
