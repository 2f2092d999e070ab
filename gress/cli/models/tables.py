"""Tables that `gress models` prints for people."""

from __future__ import annotations

from collections.abc import Sequence

from gress.cli.console import print_line, print_table, utc_text
from gress.metrics.pinned_jobs import PinnedJob
from gress.time_version import TimedVersion
from models.lifecycle import GenerationSummary, ModelSummary, Validation, VersionDetails, VersionSummary
from models.registry import Deployment, Record
from models.spec import ModelSpec


def print_models(registry: str, models: Sequence[ModelSummary]) -> None:
    """Print a line for each model."""
    rows = [
        (
            each.name,
            f"{each.versions:,}",
            each.latest,
            each.primary or "",
            str(each.generation or ""),
            ", ".join(f"{count:,} {state}" for state, count in each.states.items()),
        )
        for each in models
    ]
    print_table(f"models in {registry}", ("model", "versions", "latest", "primary", "generation", "states"), rows)


def print_versions(registry: str, name: str, versions: Sequence[VersionSummary]) -> None:
    """Print a line for each version."""
    rows = [
        (
            each.version,
            each.state,
            each.type,
            each.task,
            "" if each.size_bytes is None else f"{each.size_bytes / 1024:,.1f} KiB",
            each.feature_set or "",
            utc_text(each.created_at),
            ", ".join(each.tags),
            each.description,
        )
        for each in versions
    ]
    columns = ("version", "state", "type", "task", "size", "feature set", "created (UTC)", "tags", "description")
    print_table(f"{name} in {registry}", columns, rows)


def print_details(details: VersionDetails) -> None:
    """Print all that is known of a version."""
    spec = details.spec
    rows = [("state", details.state), *_of_spec(spec), *map(_of_record, details.records)]
    print_table(f"{spec.name}@{spec.version} in {details.registry}", ("", ""), [row for row in rows if row[1]])


def print_history(registry: str, name: str, generations: Sequence[GenerationSummary]) -> None:
    """Print a line for each deployment."""
    rows = [
        (
            str(each.generation),
            utc_text(each.at),
            each.action,
            each.primary,
            each.previous or "",
            each.by,
            each.why,
            "\n".join(f"{found.version} by {found.by}: {found.reason}" for found in each.rejections),
        )
        for each in generations
    ]
    columns = ("generation", "at (UTC)", "action", "primary", "previous", "by", "why", "rejected")
    print_table(f"deployments of {name} in {registry}", columns, rows)


def print_deployment(name: str, deployment: Deployment, pinned: Sequence[PinnedJob]) -> None:
    """Print what serves from now on, and which jobs keep their version."""
    back = f"; rollback goes to {deployment.previous}" if deployment.previous else ""
    done = "rolled back" if deployment.action == "rollback" else "promoted"
    print_line(f"{name}: {done} to {deployment.primary} in generation {deployment.generation}{back}")
    for each in pinned:
        fix = "leave out its version and its path in the settings and start it again"
        print_line(f"job {each.job} ({each.endpoint}) is pinned to {each.version} and does not follow; {fix}")


def print_validation(found: Validation, job: str = "") -> None:
    """Print that a version passed, and how."""
    golden = f"golden rows ({found.golden_rows:,})" if found.golden_rows else "no golden rows there"
    noted = "" if found.is_new else "; it had passed before"
    times = f"loaded in {found.load_ms:.1f} ms, one row in {found.row_ms:.2f} ms"
    checked = f"checksum, inputs, outputs, {f'features of {job}, ' if job else ''}{golden}"
    print_line(f"{found.spec.name}@{found.spec.version}: valid: {checked}; {times}{noted}")


def print_batches(found: TimedVersion) -> None:
    """Print a line for each size of a batch, and the best."""
    rows = [
        (f"{each.rows:,}", f"{each.median_s * 1e3:.3g}", f"{each.p99_s * 1e3:.3g}", f"{each.rows_per_s:,.0f}")
        for each in found.times
    ]
    title = f"{found.spec.name}@{found.spec.version} on {found.device}"
    print_table(title, ("rows", "ms, median", "ms, p99", "rows/s"), rows)
    if found.problem is not None:
        print_line(f"not on the GPU: {found.problem}")
    print_line(f"job.inference.batch_size: {found.best.rows}")


def _of_spec(spec: ModelSpec) -> list[tuple[str, str]]:
    columns = spec.feature_columns or ()
    return [
        ("type", spec.type),
        ("task", spec.task),
        ("file", spec.file),
        ("sha256", spec.sha256),
        ("inputs", ", ".join(map(str, spec.inputs))),
        ("outputs", ", ".join(map(str, spec.outputs))),
        *_of_answer(spec),
        ("classes", ", ".join(spec.classes or ())),
        ("threshold", "" if spec.threshold is None else f"{spec.threshold:g}"),
        ("feature set", " ".join(filter(None, (spec.feature_set, spec.feature_set_hash)))),
        ("raw fields", ", ".join(spec.raw_inputs or ())),
        ("columns", f"{len(columns)}: {', '.join(columns)}" if columns else ""),
        ("golden rows", f"{len(spec.golden.rows):,}" if spec.golden else "none"),
        ("metrics", ", ".join(f"{name} {value:g}" for name, value in spec.metrics.items())),
        ("learnt", _lineage_text(spec)),
        ("tags", ", ".join(spec.tags)),
        ("description", spec.description),
        ("created (UTC)", utc_text(spec.created_at)),
    ]


def _lineage_text(spec: ModelSpec) -> str:
    """Return the source that a version was learnt from; "" if it was not learnt from a stream."""
    found = spec.lineage
    if found is None:
        return ""
    start = f", from {found.parent} on" if found.parent else ""
    rows = f"{found.updates:,} updates up to {utc_text(found.newest)}"
    return f"by {found.learner} of job {found.job}: {rows}{start} (gress learn inspect {spec.name})"


def _of_answer(spec: ModelSpec) -> list[tuple[str, str]]:
    """Return the outputs that a version takes as prediction, scores and label."""
    roles = spec.roles
    if roles is None:
        return []
    if roles.prediction is not None:
        prediction = roles.prediction
    elif roles.positive_class is not None:
        prediction = f"score of class {roles.positive_class}"
    elif spec.task == "binary":
        prediction = f"score of class {spec.classes[-1]}" if spec.classes else "second of two scores"
    else:
        prediction = "highest score"
    if roles.positive_class is None and roles.scores:
        prediction += " (--positive-class names another class)"
    return [
        ("prediction", prediction),
        ("scores", ", ".join(roles.scores) or "none"),
        ("label", roles.label or "none"),
    ]


def _of_record(record: Record) -> tuple[str, str]:
    generation = f" in generation {record.generation}" if record.generation is not None else ""
    reason = f": {record.reason}" if record.reason else ""
    return record.kind, f"{utc_text(record.at)} by {record.by}{generation}{reason}"
