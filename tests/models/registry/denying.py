"""A store that denies whatever it is asked."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from xml.sax.saxutils import escape


class Denying(BaseHTTPRequestHandler):
    """Answers with what it was asked, as S3 does where a signature is wrong."""

    status, code = 403, "AccessDenied"

    def log_message(self, *_: object) -> None:
        return

    def _deny(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = escape(f"{self.path}\n{self.headers}")
        text = f"<Error><Code>{self.code}</Code><CanonicalRequest>{asked}</CanonicalRequest></Error>".encode()
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_DELETE = do_POST = _deny
