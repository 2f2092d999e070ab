"""A server that speaks the part of Google's XML API that a registry uses, kept in memory.

The emulators there are (fake-gcs-server 1.56, gcp-storage-emulator 2026.7) accept no plain PUT of that API, answer no
listing, or leave out headers that obstore wants; and whether creating an object twice is refused is what the tests ask.

Rules, of https://cloud.google.com/storage/docs/xml-api/overview and .../request-preconditions: an object that is
written gets a generation above all before; ``x-goog-if-generation-match: 0`` lets a write happen only where there is
no object, else 412; a listing is sorted, and goes on with a token.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

# Google's page has 1000 objects; a small page makes a listing of a few objects take several.
_PAGE = 3


@dataclass
class Bucket:
    """Objects by name: generation, bytes and seconds."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    objects: dict[str, tuple[int, bytes, float]] = field(default_factory=dict)
    generation: int = 0


class GcsServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, *buckets: str, handler: type[GcsHandler] | None = None) -> None:
        super().__init__(("127.0.0.1", port), handler or GcsHandler)
        self.buckets = {name: Bucket() for name in buckets}


class GcsHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in two packets would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: GcsServer

    def log_message(self, *_: object) -> None:
        return

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        bucket, name, _ = self._target()
        if bucket is None:
            return self._refuse(404, "NoSuchBucket")
        wanted = self.headers.get("x-goog-if-generation-match")
        with bucket.lock:
            current = bucket.objects[name][0] if name in bucket.objects else 0
            if wanted is not None and int(wanted) != current:
                return self._refuse(412, "PreconditionFailed")
            bucket.generation += 1
            stored = bucket.objects[name] = bucket.generation, content, time()
        return self._answer(200, b"", self._object_headers(stored))

    def do_GET(self) -> None:
        bucket, name, query = self._target()
        if bucket is None:
            return self._refuse(404, "NoSuchBucket")
        if not name:
            return self._list(bucket, query)
        with bucket.lock:
            stored = bucket.objects.get(name)
        if stored is None:
            return self._refuse(404, "NoSuchKey")
        return self._send_object(stored)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        bucket, name, _ = self._target()
        if bucket is None:
            return self._refuse(404, "NoSuchBucket")
        with bucket.lock:
            found = bucket.objects.pop(name, None)
        return self._refuse(404, "NoSuchKey") if found is None else self._answer(204, b"", {})

    def _target(self) -> tuple[Bucket | None, str, dict[str, str]]:
        parts = urlsplit(self.path)
        bucket, _, name = parts.path.lstrip("/").partition("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return self.server.buckets.get(bucket), unquote(name), query

    def _list(self, bucket: Bucket, query: dict[str, str]) -> None:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token", "")
        with bucket.lock:
            objects = dict(bucket.objects)
        # A folder stands for all objects in it.
        entries = set()
        for name in objects:
            if name.startswith(prefix):
                head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
                entries.add(prefix + head + found if found else name)
        entries = sorted(entry for entry in entries if entry > after)
        page = entries[:_PAGE]
        parts = [_entry(name, objects.get(name)) for name in page]
        is_truncated = len(entries) > len(page)
        if is_truncated:
            parts.append(f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>")
        body = f"<KeyCount>{len(page)}</KeyCount><IsTruncated>{str(is_truncated).lower()}</IsTruncated>{''.join(parts)}"
        self._answer(200, _xml(f"<ListBucketResult>{body}</ListBucketResult>"), {"Content-Type": "application/xml"})

    def _send_object(self, stored: tuple[int, bytes, float]) -> None:
        content, headers = stored[1], self._object_headers(stored)
        asked = self.headers.get("Range")
        if asked is None:
            return self._answer(200, content, headers)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last) + 1 if last else len(content), len(content))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        return self._answer(206, content[start:stop], headers)

    @staticmethod
    def _object_headers(stored: tuple[int, bytes, float]) -> dict[str, str]:
        generation, content, written = stored
        return {
            "ETag": f'"{hashlib.md5(content).hexdigest()}"',
            "Last-Modified": formatdate(written, usegmt=True),
            "x-goog-generation": str(generation),
        }

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, _xml(f"<Error><Code>{code}</Code></Error>"), {"Content-Type": "application/xml"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _entry(name: str, stored: tuple[int, bytes, float] | None) -> str:
    if stored is None:
        return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
    generation, content, _ = stored
    return (
        f"<Contents><Key>{escape(name)}</Key><Generation>{generation}</Generation>"
        f"<LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f'<ETag>"{hashlib.md5(content).hexdigest()}"</ETag><Size>{len(content)}</Size></Contents>'
    )


def _xml(text: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode()


if __name__ == "__main__":
    GcsServer(int(sys.argv[1]), *sys.argv[2:]).serve_forever()
