"""A reader of a repository of Feast, run by a Python that has Feast and none of ours.

``python feast_reader.py REPOSITORY QUESTION ANSWER``: the question, as JSON, holds the entities and times to join, and
the moments up to which Feast brings values to its online store; the answer what it says of both.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any


def main(repository: str, question: str, answer: str) -> None:
    """Apply the repository, and answer."""
    import importlib.util

    import pandas as pd
    from feast import FeatureStore

    spec = importlib.util.spec_from_file_location("features", Path(repository) / "features.py")
    assert spec is not None
    assert spec.loader is not None
    features = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(features)
    asked = json.loads(Path(question).read_text("utf-8"))
    store = FeatureStore(repo_path=repository)
    store.apply([value for name, value in vars(features).items() if name.startswith("of_")])
    rows = pd.DataFrame({asked["key"]: asked["keys"]})
    rows["event_timestamp"] = pd.to_datetime(asked["times_ms"], unit="ms", utc=True)
    rows["place"] = range(len(rows))
    names = [f"{asked['view']}:{name}" for name in asked["names"]]
    joined = store.get_historical_features(entity_df=rows, features=names).to_df()
    # Feast leaves rows out whose entity was first known later.
    joined = joined.set_index("place").reindex(range(len(rows)))
    found: dict[str, Any] = {"historical": {name: _plain(joined[name]) for name in asked["names"]}}
    if "materialised_ms" in asked:
        found["online"] = _online(store, repository, asked, names)
    Path(answer).write_text(json.dumps(found), "utf-8")


def _online(store: Any, repository: str, asked: dict[str, Any], names: list[str]) -> dict[str, list[float | None]]:
    """Materialise step by step, with the rows that have come by each step, and read the online store."""
    import pandas as pd

    path = Path(repository) / "data" / f"{asked['view']}.parquet"
    begin = datetime.fromtimestamp(asked["begin_ms"] / 1000, timezone.utc)
    for end_ms, file in asked["materialised_ms"]:
        pd.read_parquet(file).to_parquet(path)
        end = datetime.fromtimestamp(end_ms / 1000, timezone.utc)
        # From the beginning at first, then from where it ended.
        store.materialize(begin, end) if file == asked["materialised_ms"][0][1] else store.materialize_incremental(end)
    entities = sorted(set(asked["keys"]))
    answer = store.get_online_features(names, [{asked["key"]: key} for key in entities]).to_dict()
    return {name: answer[name] for name in asked["names"]} | {"keys": entities}


def _plain(values: Any) -> list[float | None]:
    return [None if value != value else float(value) for value in values]


if __name__ == "__main__":
    main(*sys.argv[1:])
