from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from models.checksum import file_sha256
from models.errors import ModelError
from models.registry import Registry
from models.registry.cache import ModelCache
from models.registry.patience import Patience
from models.spec import ModelSpec
from tests.models.registry.places import REPOSITORY, Place
from tests.models.registry.stores import MakePlace, s3_settings
from tests.support.servers import serving


@pytest.fixture
def published(remote: Place, net_spec: ModelSpec, net_file: Path) -> Registry:
    registry = remote.open()
    registry.publish(net_spec, net_file)
    return registry


@pytest.fixture
def folder(published: Registry) -> Path:
    assert published.cache is not None
    return published.cache.folder


def test_artifact_is_fetched_once(published: Registry, folder: Path, net_file: Path) -> None:
    path = published.resolve("fraud")[1]
    assert path == folder / file_sha256(net_file) / "model.onnx"
    before = path.stat()
    assert published.resolve("fraud")[1] == path
    assert path.stat().st_ino == before.st_ino
    assert [each.name for each in path.parent.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:100], lambda content: b"\0" + content[1:], lambda _: b""],
    ids=["truncated", "corrupted", "empty"],
)
def test_damaged_copy_is_fetched_again(published: Registry, net_file: Path, damage: Callable[[bytes], bytes]) -> None:
    path = published.resolve("fraud")[1]
    path.write_bytes(damage(net_file.read_bytes()))
    assert published.resolve("fraud")[1] == path
    assert path.read_bytes() == net_file.read_bytes()


@pytest.mark.parametrize("kind", ["s3", "gcs"])
def test_processes_that_fetch_at_once_share_one_good_file(
    make_place: MakePlace, net_spec: ModelSpec, net_file: Path, kind: str
) -> None:
    place = make_place(kind)
    registry = place.open()
    registry.publish(net_spec, net_file)
    told = place.run_together(("fetch",), ("fetch",))
    path = registry.cache.folder / net_spec.sha256 / "model.onnx"
    assert told == [f"{path}\n"] * 2
    assert file_sha256(path) == net_spec.sha256
    assert list(path.parent.iterdir()) == [path]


def test_what_nobody_used_for_a_week_goes_and_what_is_not_ours_stays(
    published: Registry, folder: Path, net_spec: ModelSpec
) -> None:
    week_s, now = 7 * 86_400, time.time()
    old, young, foreign = (folder / name for name in ("a" * 64, "b" * 64, "photos"))
    for each, age_s in ((old, week_s + 60), (young, week_s - 60), (foreign, 2 * week_s)):
        each.mkdir(parents=True)
        (each / "file").touch()
        os.utime(each, (now - age_s, now - age_s))
    published.resolve("fraud")
    assert {each.name for each in folder.iterdir()} == {"b" * 64, "photos", net_spec.sha256}


def test_use_keeps_a_copy(published: Registry) -> None:
    path = published.resolve("fraud")[1]
    os.utime(path.parent, (0, 0))
    published.resolve("fraud")
    assert time.time() - path.parent.stat().st_mtime < 60


def test_folder_that_cannot_be_made_is_named(
    remote: Place, net_spec: ModelSpec, net_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    registry = remote.open(cache_dir=str(tmp_path / "file" / "cache"))
    registry.publish(net_spec, net_file)
    fix = r"set model_registry\.cache_dir to a folder of your own"
    want = rf"^model cache .*/file/cache cannot be used: Not a directory; {fix}$"
    with pytest.raises(ModelError, match=want):
        registry.resolve("fraud")


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EROFS])
def test_failed_write_is_the_cache_s_and_not_the_registry_s(
    published: Registry, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Root may write anywhere and disks do not fill up on demand, so the system's answer is given here."""

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ModelError, match=rf"^model cache .* cannot be used: {os.strerror(number)}; set model_reg"):
        published.resolve("fraud")
    assert not [each for each in published.cache.folder.rglob("*") if each.is_file()]


_AS_ANOTHER = """
import os, sys
from pathlib import Path
from models.registry.cache import ModelCache
from models.spec import parse_spec
os.setgid(65534); os.setuid(65534)
try:
    ModelCache(Path(sys.argv[1])).fetch(parse_spec(sys.argv[2].encode(), "spec"), lambda target: True)
except Exception as error:
    sys.stdout.write(f"{type(error).__name__}: {error}")
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user")
def test_another_user_s_cache_is_refused_in_one_clear_error(net_spec: ModelSpec, net_file: Path) -> None:
    import tempfile

    from models.spec import spec_text

    # Below pytest's own folder another user could not look at all.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        cache = ModelCache(Path(name) / "cache")
        cache.fetch(net_spec, lambda target: bool(target.write_bytes(net_file.read_bytes())))
        command = [sys.executable, "-c", _AS_ANOTHER, str(cache.folder), spec_text(net_spec)]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("ModelError: model cache"), done.stdout + done.stderr
    assert done.stdout.endswith(
        "cannot be used: Permission denied; set model_registry.cache_dir to a folder of your own"
    )


class _Trickle(BaseHTTPRequestHandler):
    """One object, a tenth of it at a time."""

    protocol_version = "HTTP/1.1"
    content = b""
    pause_s = 0.15

    def log_message(self, *_: object) -> None:
        return

    def do_HEAD(self) -> None:
        self.send_response(200)
        for name, value in (("ETag", '"1"'), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        size = len(self.content) // 10
        for start in range(0, len(self.content), size):
            self.wfile.write(self.content[start : start + size])
            # A slow network cannot be awaited.
            time.sleep(self.pause_s)

    def do_PUT(self) -> None:
        time.sleep(10 * self.pause_s)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_HEAD()


def test_large_artifact_gets_the_time_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model takes longer than the answer to a question may take, both ways."""
    content = bytes(range(250)) * 4
    monkeypatch.setattr(_Trickle, "content", content)
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    patience = Patience(answer_s=0.8, retries=0, slowest_bytes_s=200)
    with serving(_Trickle) as url:
        store = Place("s3", s3_settings(url)).open(patience).store
        assert store.create("fraud/1.0.0/model.onnx", source)
        assert store.download("fraud/1.0.0/model.onnx", target)
    assert target.read_bytes() == content


def test_default_cache_is_the_user_s_own(net_spec: ModelSpec, tmp_path: Path) -> None:
    cache = ModelCache(tmp_path / "cache", is_shared=False)
    (tmp_path / "theirs" / net_spec.sha256).mkdir(parents=True)
    (tmp_path / "cache").symlink_to(tmp_path / "theirs")
    with pytest.raises(ModelError, match=r"a link or a file is in its place; set model_registry\.cache_dir"):
        cache.fetch(net_spec, lambda target: True)
