"""Files of a job's manifests, as a folder for kustomize.

    DIR/base                    what all overlays share; each render makes it again
    DIR/components/session      makes an overlay's cluster a session cluster, where the job reads and writes topics
    DIR/overlays/dev, prod      written once; they are their users' from then on

Nothing else in the folder is touched.
"""

from __future__ import annotations

import fcntl
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from conf.folders.whole_file import whole_file
from gress.deploy_render.deployment import Deployment
from gress.deploy_render.manifest_text import MARK, manifest_text
from gress.deploy_render.objects.disruption_budgets import disruption_budgets
from gress.deploy_render.objects.flink_deployment import flink_deployment
from gress.deploy_render.objects.job_settings import job_settings
from gress.deploy_render.objects.monitoring import metrics_services, service_monitor
from gress.deploy_render.objects.network_policy import network_policy
from gress.deploy_render.objects.session_job import session_component, session_job
from gress.deploy_render.objects.volume_claim import volume_claim
from gress.deploy_render.overlays import OVERLAYS, base, overlay
from jobs.errors import refuse, refuse_url

SHARED = ("ml-dashboard-configmap.yaml", "prometheus-rule.yaml")
"""Files of deploy/kubernetes, which belong to no job."""

_KUSTOMIZATION = "kustomization.yaml"
_FLINK = "base/flink-deployment.yaml"
_NAME = re.compile(r'^metadata:\n  name: "?([-a-z0-9]+)', re.MULTILINE)


def render(deployment: Deployment, overlays: Sequence[str] = OVERLAYS) -> dict[str, str]:
    """Return the text of each file of a deployment, by its path.

    Raises:
        JobError: files of this installation are missing.
    """
    made = {f"base/{name}": text for name, text in _base(deployment).items()}
    made |= _shared()
    names = sorted(path.removeprefix("base/") for path in made)
    note = "What all overlays share."
    made[f"base/{_KUSTOMIZATION}"] = manifest_text(base(names), note=note)
    if deployment.is_endless:
        # On a session cluster the client of a bounded job would ask how the job ended, and get no answer.
        made[f"components/session/{_KUSTOMIZATION}"] = manifest_text(session_component(deployment))
        made["components/session/flink-session-job.yaml"] = manifest_text(session_job(deployment))
    for name in overlays:
        note = "It is yours: a render leaves it as it is."
        for file, content in overlay(deployment, name).items():
            made[f"overlays/{name}/{file}"] = manifest_text(content, note=note)
    return made


def write_manifests(folder: Path, texts: dict[str, str]) -> list[str]:
    """Write files into a folder; return the paths of those that were written.

    Overlays that are there stay as they are, and so do files that no render makes. An overlay without a kustomization,
    which an interrupted render leaves, gets the files that it lacks. Of two renders at once one waits for the other.

    Raises:
        JobError: the folder is a URL, or holds another file of one of these names, or overlays of another deployment,
            and nothing was written; or a file cannot be written.
    """
    refuse_url(f"{folder}", folder, "name another --output")
    try:
        with _alone_in(folder):
            wanted = _wanted(folder, texts)
            for path, text in wanted.items():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                with whole_file(folder / path) as part:
                    part.write_text(text, encoding="utf-8")
    except OSError as error:
        got = (error.strerror or str(error)).lower()
        refuse(f"{error.filename or folder}", "a path that can be written", got, "name another --output")
    return list(wanted)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Make a folder, and keep other renders out of it while the block runs."""
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
    # The folder itself is locked, so that no other file is left in what people keep in git.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _wanted(folder: Path, texts: dict[str, str]) -> dict[str, str]:
    """Return the files to write; refuse a folder that holds another's."""
    wanted = {path: text for path, text in texts.items() if not _is_users(folder, path)}
    for path in wanted:
        there = folder / path
        if there.exists() and not _is_made(there):
            refuse(f"{there}", "a file of an earlier render", "another", "move it, or name another --output")
    if len(wanted) < len(texts):
        _check_name(folder / _FLINK, texts[_FLINK])
    return wanted


def _is_users(folder: Path, path: str) -> bool:
    """Return whether a file belongs to an overlay that is there."""
    there = folder / path
    return path.startswith("overlays/") and (there.exists() or (there.parent / _KUSTOMIZATION).exists())


def _check_name(path: Path, text: str) -> None:
    """Refuse to put a deployment below overlays that change one of another name."""
    if not path.is_file():
        return
    there, wanted = (_NAME.search(each) for each in (path.read_text("utf-8", errors="replace"), text))
    if there and wanted and there[1] != wanted[1]:
        expected = f"manifests of {wanted[1]!r}, as overlays are there"
        refuse(f"{path}", expected, f"those of {there[1]!r}", "name another --output, or remove this folder")


def _base(deployment: Deployment) -> dict[str, str]:
    made = {
        "flink-deployment.yaml": manifest_text(flink_deployment(deployment)),
        "job-settings.yaml": manifest_text(job_settings(deployment), note="References to variables stay references."),
        "network-policy.yaml": manifest_text(network_policy(deployment)),
        "pod-disruption-budgets.yaml": manifest_text(*disruption_budgets(deployment)),
        "metrics-services.yaml": manifest_text(*metrics_services(deployment)),
        "service-monitor.yaml": manifest_text(service_monitor(deployment)),
    }
    if not deployment.is_endless:
        made["volume-claim.yaml"] = manifest_text(volume_claim(deployment))
    return made


def _shared() -> dict[str, str]:
    folders = (Path(__file__).resolve().parents[2] / "deploy", Path(sys.prefix) / "share" / "gress-ml")
    found = {}
    for name in SHARED:
        places = [folder / "kubernetes" / name for folder in folders]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            refuse(name, str(places[-1]), "nothing there", "pip install --force-reinstall gress-ml")
        found[f"base/{name}"] = f"{MARK}, from deploy/kubernetes.\n{path.read_text('utf-8')}"
    return found


def _is_made(path: Path) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8", errors="replace").startswith(MARK)
