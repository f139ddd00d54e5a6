"""On the wire: whom a request is sent to, and who gets to hear a password (trap W16)."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest

pytest.importorskip("cryptography", reason="it comes with the keyring's part for Linux")
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nbapanel.errors import FeedFailed
from nbapanel.source.feeds import open_feeds
from nbapanel.source.hooks import call_hook
from nbapanel.source.settings import FeedSettings

DAY = date(2026, 1, 9)
_LOGIN = "feeder:zq7feed0123456789abc"


@dataclass
class Heard:
    """A server and the requests that it got: path and Authorization."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)

    def with_login(self) -> str:
        return self.url.replace("://", f"://{_LOGIN}@")


@contextmanager
def _listening(
    status: int, headers: dict[str, str], certificate: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[Heard]:
    heard = Heard()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.requests.append((self.path, self.headers.get("Authorization", "")))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            body = b'{"events": []}'
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    server = _Quiet(("127.0.0.1", 0), Answer)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    heard.url = f"{scheme}://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that turns away at the certificate is what is tested."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, and a certificate for 127.0.0.1 that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("certificate") / "nobody.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def _asked(url: str) -> FeedFailed | None:
    """Ask for a scoreboard there; how it was refused."""
    settings = FeedSettings(espn_site_url=url, paces={}, attempts=2, backoff_s=0.01)
    async with open_feeds(settings) as feeds:
        try:
            await feeds.espn.scoreboard(DAY)
        except FeedFailed as error:
            return error
    return None


# What turns it off, or puts something in its place, in other programs.
_ELSEWHERE = {
    "PYTHONHTTPSVERIFY": "0",
    "SSL_VERIFY": "0",
    "GIT_SSL_NO_VERIFY": "1",
    "CURL_CA_BUNDLE": "",
    "REQUESTS_CA_BUNDLE": "",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0",
    "SSL_CERT_FILE": "",
    "SSL_CERT_DIR": "",
}


@pytest.mark.parametrize("environment", [{}, _ELSEWHERE], ids=["plain", "turned off elsewhere"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    environment: dict[str, str], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a sentence, before a word was said; no variable turns that off."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with _listening(200, {}, certificate) as server:
        refusal = await _asked(server.with_login())
        with pytest.raises(FeedFailed, match="could not be called"):
            await call_hook(server.with_login())
    assert server.requests == []
    assert refusal is not None
    assert "certificate of 127.0.0.1" in refusal.title
    assert "is not to be trusted" in refusal.title
    assert refusal.hint


async def test_who_vouches_can_be_said_and_the_name_still_counts(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE names other authorities (a company's own); it does not turn the check off."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with _listening(200, {}, certificate) as named, _listening(200, {}, certificate) as other:
        other.url = other.url.replace("127.0.0.1", "localhost")
        assert await _asked(named.url) is None
        refusal = await _asked(other.url)
    assert len(named.requests) == 1
    assert other.requests == []
    assert refusal is not None
    assert "is not to be trusted" in refusal.title


async def test_there_is_no_setting_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each client is made with the check as httpx has it, which is on."""
    made: list[dict[str, Any]] = []
    genuine = httpx.AsyncClient.__init__

    def noted(self: httpx.AsyncClient, **options: Any) -> None:
        made.append(options)
        genuine(self, **options)

    monkeypatch.setattr(httpx.AsyncClient, "__init__", noted)
    async with open_feeds(FeedSettings()):
        pass
    with pytest.raises(FeedFailed):
        await call_hook("http://127.0.0.1:1/")
    assert len(made) == 2
    assert all(
        options.keys().isdisjoint({"verify", "follow_redirects", "auth"}) for options in made
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_with_a_password(status: int, certificate: Path) -> None:
    """To another host, to another port of the same, or from https to http: nobody is asked."""
    with _listening(200, {}) as elsewhere:
        for host in ("127.0.0.1", "localhost"):
            there = {"Location": elsewhere.url.replace("127.0.0.1", host) + "/x?token=zq7t0ken"}
            with _listening(status, there) as server:
                refusal = await _asked(server.with_login())
                with pytest.raises(FeedFailed, match=f"answered {status}") as refused:
                    await call_hook(server.with_login())
            assert [bool(login) for _, login in server.requests] == [True, True]
            assert refusal is not None
            assert f"redirected to {host}" in refusal.detail
            for told in (str(refusal), str(refused.value)):
                assert "zq7" not in told
    assert elsewhere.requests == []


async def test_a_redirect_from_https_to_http_is_not_followed(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with (
        _listening(200, {}) as plain,
        _listening(302, {"Location": plain.url}, certificate) as safe,
    ):
        refusal = await _asked(safe.with_login())
        with pytest.raises(FeedFailed, match="answered 302"):
            await call_hook(safe.with_login())
    assert [bool(login) for _, login in safe.requests] == [True, True]
    assert plain.requests == []
    assert refusal is not None
