from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelError
from models.learned.promote import PromotionResult, promote_learned
from models.learned.publish import publish_learned
from models.lifecycle import promote, register, retire, rollback
from models.registry import Deployments, ExperimentState, Registry
from tests.models.learned.samples import NOW, learned
from tests.support.tiny_models import write_linear


def publish(registry: Registry, slot: int, series: str = "1.1", **fields: Any) -> str:
    found = publish_learned(registry, "m", f"{series}.{slot}", learned(slot, **fields), created_at=NOW)
    return found.spec.version


def learn(registry: Registry, slot: int, series: str = "1.1", **fields: Any) -> PromotionResult:
    """Publish and promote a slot, as a job does."""
    return promote_learned(registry, "m", publish(registry, slot, series, **fields))


def primary(registry: Registry) -> str:
    latest = registry.deployments("m").latest()
    assert latest is not None
    return latest.primary


@pytest.fixture
def shipped(registry: Registry, tmp_path: Path) -> Registry:
    """A registry with version 1.0.0, which a person promoted."""
    register(registry, write_linear(tmp_path / "trained"), "m", "1.0.0")
    promote(registry, "m", "1.0.0", by="ann")
    return registry


def test_a_job_promotes_slot_by_slot_and_says_why(registry: Registry) -> None:
    first, second = learn(registry, 7), learn(registry, 8)
    assert first.deployment is not None
    assert second.deployment is not None
    assert (second.deployment.primary, second.deployment.previous, second.deployment.by) == (
        "1.1.8",
        "1.1.7",
        "job fraud",
    )
    why = "auc_roc 0.9, log_loss 0.1235 after 1,008 updates up to 2026-03-01T12:40:00+00:00"
    assert (second.reason, second.deployment.why) == (why, why)
    assert registry.state("m", "1.1.7") == "validated"


def test_a_job_replaces_the_version_that_it_went_on_from(shipped: Registry) -> None:
    assert learn(shipped, 7, parent="1.0.0").deployment is not None
    assert primary(shipped) == "1.1.7"


def test_a_job_that_began_with_nothing_does_not_replace_a_persons_choice(shipped: Registry) -> None:
    found = learn(shipped, 7)
    assert found.deployment is None
    assert found.reason == (
        "ann promoted 1.0.0 in generation 1, and the job did not go on from that version; "
        "promote 1.1.7 by hand to begin"
    )
    promote(shipped, "m", "1.1.7", by="ann")
    assert learn(shipped, 8).deployment is not None


def test_promoting_again_changes_nothing(registry: Registry) -> None:
    learn(registry, 7)
    assert promote_learned(registry, "m", "1.1.7") == PromotionResult(None, "1.1.7 serves already, since generation 1")
    assert len(registry.deployments("m").history()) == 1


def test_an_older_slot_never_replaces_a_newer_one(registry: Registry) -> None:
    learn(registry, 9)
    found = learn(registry, 8)
    assert found.deployment is None
    assert found.reason == (
        "1.1.9 serves, learnt from rows up to 2026-03-01T12:45:00+00:00, "
        "1.1.8 from rows up to 2026-03-01T12:40:00+00:00"
    )
    assert learn(registry, 8, series="1.2", updates=3).deployment is None
    assert primary(registry) == "1.1.9"


def test_a_rollback_by_hand_wins(registry: Registry) -> None:
    for slot in (7, 8):
        learn(registry, slot)
    rollback(registry, "m", by="ann", why="more false alarms")
    found = learn(registry, 9)
    assert found.deployment is None
    assert found.reason == (
        "ann rolled back to 1.1.7 in generation 3 (more false alarms), after the job had promoted 1.1.8; "
        "promote that or a higher version to go on"
    )
    assert primary(registry) == "1.1.7"


def test_a_rollback_to_the_parent_wins_too(shipped: Registry) -> None:
    learn(shipped, 7, parent="1.0.0")
    rollback(shipped, "m", by="ann")
    assert learn(shipped, 8, parent="1.0.0").deployment is None
    assert primary(shipped) == "1.0.0"


def test_a_version_that_somebody_promoted_since_wins(shipped: Registry) -> None:
    learn(shipped, 7, parent="1.0.0")
    promote(shipped, "m", "1.0.0", by="bob", why="calm")
    found = learn(shipped, 8, parent="1.0.0")
    assert found.deployment is None
    assert found.reason.startswith("bob promoted 1.0.0 in generation 3 (calm), after the job had promoted 1.1.7;")


@pytest.mark.parametrize(("by_hand", "is_back"), [("1.1.7", False), ("1.1.8", True), ("1.1.9", True)])
def test_promoting_by_hand_hands_the_choice_back(registry: Registry, by_hand: str, is_back: bool) -> None:
    for slot in (7, 8):
        learn(registry, slot)
    publish(registry, 6)
    promote(registry, "m", "1.1.6", by="ann")
    publish(registry, 9)
    promote(registry, "m", by_hand, by="ann")
    assert (learn(registry, 10).deployment is not None) is is_back


def test_a_rollback_to_the_jobs_last_promotion_does_not_hand_the_choice_back(registry: Registry) -> None:
    for slot in (7, 8):
        learn(registry, slot)
    promote(registry, "m", publish(registry, 9), by="ann")
    rollback(registry, "m", by="ann")
    assert primary(registry) == "1.1.8"
    assert learn(registry, 10).reason.startswith("ann rolled back to 1.1.8 in generation 4, after the job had")


def test_a_rollback_in_the_jobs_name_is_no_promotion(registry: Registry) -> None:
    for slot in (7, 8):
        learn(registry, slot)
    rollback(registry, "m", by="job fraud")
    assert learn(registry, 9).reason.startswith("job fraud rolled back to 1.1.7 in generation 3, after the job had")


def test_another_jobs_promotion_wins(registry: Registry) -> None:
    learn(registry, 7)
    learn(registry, 8, series="1.2", job="other", parent="1.1.7")
    assert primary(registry) == "1.2.8"
    assert learn(registry, 9).reason.startswith("job other promoted 1.2.8 in generation 2 (")


def test_a_change_of_an_experiment_is_no_choice_of_a_primary(registry: Registry) -> None:
    learn(registry, 7)
    state = ExperimentState(weights={"a": 100.0}, since=NOW)
    registry.deployments("m").set_experiment("x", state, action="advance", by="ann")
    assert learn(registry, 8).deployment is not None


def test_an_experiment_of_the_job_that_promotes_its_winner_wins(registry: Registry) -> None:
    learn(registry, 7)
    publish(registry, 6)
    state = ExperimentState(weights={"a": 100.0}, state="promoted", since=NOW)
    deployments = registry.deployments("m")
    deployments.set_experiment("x", state, action="end", by="job fraud", primary="1.1.6")
    assert learn(registry, 8).reason.startswith("job fraud promoted 1.1.6 in generation 2, after the job had promoted")


def test_a_choice_made_at_the_same_time_wins(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(registry, 7)
    learn(registry, 8)
    promote_over = Deployments.promote_over

    def overtaken(self: Deployments, *at: Any, **more: Any) -> Any:
        rollback(registry, "m", by="ann")
        return promote_over(self, *at, **more)

    monkeypatch.setattr(Deployments, "promote_over", overtaken)
    found = learn(registry, 9)
    assert found == PromotionResult(None, "another version was promoted at the same time")
    assert primary(registry) == "1.1.7"


def test_few_generations_are_read_however_many_there_are(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for slot in range(30):
        learn(registry, slot)
    version, read = publish(registry, 30), registry.store.read
    seen = []
    monkeypatch.setattr(registry.store, "read", lambda path: (seen.append(path), read(path))[1])
    assert promote_learned(registry, "m", version).deployment is not None
    assert len([path for path in seen if "/deployments/" in path]) <= 6


def test_what_does_not_pass_is_not_promoted(registry: Registry, shipped: Registry) -> None:
    learn(registry, 7, parent="1.0.0")
    version = publish(registry, 8)
    retire(registry, "m", version)
    with pytest.raises(ModelError, match=r"^model m@1\.1\.8 cannot be promoted: it is retired"):
        promote_learned(registry, "m", version)
    version = publish(registry, 9)
    artifact = registry.base / "m" / version / "model.onnx"
    artifact.write_bytes(artifact.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"^model m@1\.1\.9 expects sha256"):
        promote_learned(registry, "m", version)
    assert primary(registry) == "1.1.7"


def test_a_version_that_was_not_learnt_is_promoted_by_people(shipped: Registry) -> None:
    with pytest.raises(ModelError, match=r"^model m@1\.0\.0 was not learnt from a stream; promote it by hand"):
        promote_learned(shipped, "m", "1.0.0")


def test_newest_first_yields_generations_in_reverse(registry: Registry) -> None:
    for slot in range(3):
        learn(registry, slot)
    deployments = registry.deployments("m")
    assert tuple(deployments.newest_first()) == deployments.history()[::-1]
