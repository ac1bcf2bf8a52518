"""What somebody who means ill may try, each with what comes of it."""

from __future__ import annotations

import io
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from PIL import Image
from web_world import BASE, HOST, PASSWORD, World, invite, populate

from consilience.errors import ConsilienceError
from consilience.services import accounts, pictures
from consilience.store import accounts as records
from consilience.store.derived import Original
from consilience.web.guard import Guard
from consilience.web.rates import Rates
from consilience.web.routes import events


def test_browsers_are_told_not_to_frame_sniff_or_load_from_elsewhere(world: World) -> None:
    for said in (
        world.stranger().get("/api/session"),
        world.stranger().get("/"),
        world.stranger().get("/api/cases"),
    ):
        policy = said.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy and "*" not in policy
        assert said.headers["x-frame-options"] == "DENY"
        assert said.headers["x-content-type-options"] == "nosniff"
        assert said.headers["referrer-policy"] == "no-referrer"
    assert world.stranger().get("/api/session").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8471", "127.0.0.1", "127.0.0.1:80", "", "a b"]
)
def test_another_name_is_not_answered(world: World, host: str) -> None:
    said = world.owner().get("/api/cases", headers={"Host": host})
    assert said.status_code == 421 and "items" not in said.text


def test_pages_of_other_origins_change_nothing(world: World) -> None:
    owner = world.owner()
    new = {"number": "forged"}
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://" + HOST},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert owner.post("/api/cases", new, headers=headers).status_code == 403, headers
    csrf, owner.csrf = owner.csrf, ""
    assert owner.post("/api/cases", new).status_code == 403
    assert owner.post("/api/cases", new, headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    assert owner.ask("DELETE", "/api/session").status_code == 403
    # A form, which a page may send anywhere, is no JSON.
    form = owner.ask("POST", "/api/cases", data=new, headers={"X-CSRF-Token": csrf})
    assert form.status_code == 422
    owner.csrf = csrf
    assert {one["number"] for one in owner.get("/api/cases").json()["items"]} == {"C1", "C2"}
    assert owner.post("/api/cases", new, headers={"Origin": BASE}).status_code == 201


def test_the_owner_s_link_is_good_once(world: World) -> None:
    key = world.server.new_entrance()
    stranger = world.stranger()
    assert stranger.post("/api/session/enter", {"key": key[:-1] + "!"}).status_code == 401
    said = stranger.post("/api/session/enter", {"key": key})
    cookie = said.headers["set-cookie"].lower()
    assert said.status_code == 200
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
    assert "domain" not in cookie
    assert stranger.post("/api/session/enter", {"key": key}).status_code == 401


def test_the_owner_is_none_once_there_are_users(world: World) -> None:
    owner = world.owner()
    program = world.program("owner", "look")
    assert program.get("/api/cases").status_code == owner.get("/api/cases").status_code == 200
    populate(world.holdings)
    assert owner.get("/api/cases").status_code == program.get("/api/cases").status_code == 401
    said = world.stranger().post("/api/session/enter", {"key": world.server.new_entrance()})
    assert said.status_code == 401


def test_a_session_is_new_after_sign_in_and_gone_after_sign_out(agency: World) -> None:
    invite(agency.holdings, "analyst")
    person = agency.stranger()
    # Fixation: a cookie that somebody else has planted.
    person.client.cookies.set(agency.server.cookie, "planted")
    body = {"name": "analyst", "password": PASSWORD}
    first = person.post("/api/session", body)
    key = first.cookies[agency.server.cookie]
    assert key != "planted" and len(key) >= 43
    person.csrf = first.json()["csrf_token"]
    second = person.post("/api/session", body)
    assert second.cookies[agency.server.cookie] != key
    thief = agency.stranger()
    thief.client.cookies.set(agency.server.cookie, key)
    assert thief.get("/api/session").json()["signed_in"] is False
    person.csrf = second.json()["csrf_token"]
    stolen = second.cookies[agency.server.cookie]
    assert person.ask("DELETE", "/api/session").status_code == 204
    thief.client.cookies.set(agency.server.cookie, stolen)
    assert thief.get("/api/cases").status_code == 401


def test_sessions_end(agency: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = agency.with_session("examiner")
    assert person.get("/api/cases").status_code == 200
    begun = time.time_ns()
    monkeypatch.setattr(accounts, "now", lambda: begun + accounts.IDLE + 1)
    assert person.get("/api/cases").status_code == 401
    fresh = agency.with_session("examiner")
    for passed in range(0, accounts.LONGEST, accounts.IDLE // 2):
        monkeypatch.setattr(accounts, "now", lambda passed=passed: begun + passed)
        monkeypatch.setattr("consilience.store.accounts.now", lambda passed=passed: begun + passed)
        assert fresh.get("/api/exposure/limits").status_code == 200
    monkeypatch.setattr(accounts, "now", lambda: begun + accounts.LONGEST + accounts.IDLE // 4)
    assert fresh.get("/api/cases").status_code == 401


def test_a_stream_that_is_left_open_keeps_no_session_alive(
    agency: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PERIOD", 0.01)
    monkeypatch.setattr(events, "_CHECKED", 0.0)
    monkeypatch.setattr(events, "_LONGEST", 0.2)
    person = agency.with_session("examiner")
    assert "event: end" not in person.get("/api/events").text
    begun = time.time_ns()

    def pass_by(passed: int) -> None:
        monkeypatch.setattr(accounts, "now", lambda: begun + passed)
        monkeypatch.setattr("consilience.store.accounts.now", lambda: begun + passed)

    # To open a stream is a use; that it goes on is none.
    pass_by(accounts.IDLE // 2)
    asked = threading.Thread(target=lambda: said.append(person.get("/api/events").text))
    said: list[str] = []
    monkeypatch.setattr(events, "_LONGEST", 20.0)
    asked.start()
    time.sleep(0.3)
    pass_by(accounts.IDLE // 2 + accounts.IDLE - 1)
    time.sleep(0.3)
    assert asked.is_alive()
    pass_by(accounts.IDLE // 2 + accounts.IDLE + accounts.IDLE // 10)
    asked.join(20)
    assert "event: end" in said[0]
    assert person.get("/api/cases").status_code == 401


def test_guessing_is_slowed_down_and_says_nothing_of_accounts(
    agency: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How long a password takes to check is not what is tried here.
    monkeypatch.setattr(accounts, "_is_password", lambda kept, given: given == PASSWORD and kept is not None)
    invite(agency.holdings, "examiner")
    stranger = agency.stranger()

    def tried(name: str, password: str = "wrong") -> tuple[int, str]:
        said = stranger.post("/api/session", {"name": name, "password": password})
        return said.status_code, said.json()["detail"]

    assert tried("examiner") == tried("never there")
    answers = [tried("examiner")[0] for _ in range(8)]
    assert answers[:3] == [401] * 3 and answers[-1] == 429
    right = stranger.post("/api/session", {"name": "examiner", "password": PASSWORD})
    assert right.status_code == 429 and int(right.headers["retry-after"]) >= 1
    with agency.holdings.database.read() as connection:
        from consilience.store.schema import account_secret, event, failed_sign_in, reference

        kept = connection.execute(account_secret.select()).all()
        assert all(PASSWORD not in str(tuple(one)) for one in kept)
        assert kept[-1].secret.startswith("$argon2id$")
        assert "never there" not in str(connection.execute(reference.select()).all())
        assert "never there" not in str(connection.execute(failed_sign_in.select()).all())
        assert connection.execute(event.select().where(event.c.outcome == "refused")).first() is not None
    for clock in (accounts, records):
        monkeypatch.setattr(clock, "now", lambda: time.time_ns() + 3600 * 10**9)
    assert agency.sign_in("examiner").get("/api/session").json()["signed_in"]


def test_tokens_are_kept_as_digests_and_end(agency: World) -> None:
    supervisor = agency.with_session("supervisor")
    made = supervisor.post("/api/tokens", {"name": "t", "scopes": ["look"], "days": 1}).json()
    program = agency.stranger()
    program.client.headers["Authorization"] = f"Bearer {made['secret']}"
    assert program.get("/api/cases").status_code == 200
    assert made["secret"] not in supervisor.get("/api/tokens").text
    with agency.holdings.database.read() as connection:
        from consilience.store.schema import token

        assert made["secret"] not in str(connection.execute(token.select()).all())
    assert program.post("/api/tokens", {"name": "t", "scopes": ["look"]}).status_code == 401
    somebody = {"name": "t", "scopes": ["look"], "account": "examiner"}
    assert supervisor.post("/api/tokens", somebody).status_code == 403
    assert (
        agency.with_session("analyst").ask("DELETE", f"/api/tokens/{made['token']['id']}").status_code == 404
    )
    assert supervisor.ask("DELETE", f"/api/tokens/{made['token']['id']}").status_code == 204
    assert program.get("/api/cases").status_code == 401


def test_paths_lead_nowhere_else(world: World) -> None:
    owner = world.owner()
    for path in (
        "/../pyproject.toml",
        "/..%2f..%2f..%2fpyproject.toml",
        "/%2e%2e/%2e%2e/app.py",
        "//etc/passwd",
        "/assets/../../app.py",
        "/%00",
        "/static/..%5c..%5capp.py",
    ):
        said = owner.get(path)
        assert (
            "requires-python" not in said.text and "root:" not in said.text and "create_app" not in said.text
        )
    assert owner.get("/api/../api/openapi.json").status_code in (200, 404)
    assert owner.get("/api/nothing").json()["status"] == 404


def test_what_files_and_lists_say_comes_out_as_data(world: World) -> None:
    owner = world.owner()
    page = owner.get("/api/cases/C1/gallery", params={"by": "file", "name": "onerror"})
    assert page.headers["content-type"] == "application/json"
    (item,) = page.json()["items"]
    assert item["name"] == "<img src=x onerror=alert(1)>\\u001b[31m.jpg"
    assert "\x1b" not in page.text and "\\u001b[31m" not in page.text.replace("\\\\u001b", "")
    case = owner.get("/api/cases/C1")
    assert case.headers["content-type"] == "application/json" and case.json()["case"]["title"] == "<b>one</b>"
    echoed = owner.get("/api/cases/<script>alert(1)<%2Fscript>")
    assert echoed.headers["content-type"].startswith("application/problem+json")


def test_nothing_is_fetched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.owner()

    def refuse(*args: object) -> None:
        raise AssertionError(f"a connection to {args}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    url = "http://169.254.169.254/latest/meta-data"
    for said in (
        owner.get("/hma/m/lookup", params={"url": url}),
        owner.get("/hma/h/hash", params={"url": url}),
        owner.ask("POST", "/hma/c/bank/known/content", params={"url": url}),
    ):
        assert said.status_code == 400 and "fetches nothing" in said.json()["message"]
    assert owner.post("/api/cases", {"number": url, "title": url}).status_code == 201


def test_much_is_refused_before_it_is_read(world: World) -> None:
    owner = world.owner()
    said = owner.ask("POST", "/api/cases", content=b"x" * ((1 << 20) + 1))
    assert (said.status_code, said.json()["type"]) == (413, "urn:consilience:problem:too-large")

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"[" * (1 << 16)

    said = owner.ask("POST", "/api/cases", content=endless(), headers={"Content-Type": "application/json"})
    assert said.status_code == 413
    file = {"photo": ("a.png", b"x" * (3 << 20))}
    for path in ("/hma/h/hash", "/hma/c/bank/known/content"):
        assert owner.ask("POST", path, files=file).status_code != 413, path
    deep = owner.ask(
        "POST", "/api/cases", content=b"[" * 100_000, headers={"Content-Type": "application/json"}
    )
    assert deep.status_code in (400, 422)
    assert owner.get("/api/cases", headers={"Content-Length": "many"}).status_code == 400


def test_slow_requests_are_cut_off(world: World) -> None:
    app = Guard(world.app, hosts={HOST}, secure=False, seconds=0.4)
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off")
    served = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=served.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        with socket.create_connection(listening.getsockname(), timeout=20) as slow:
            head = f"POST /api/session HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
            slow.sendall(head.encode() + b"Content-Length: 100\r\n\r\n{")
            answer = slow.recv(4096)
        assert answer.startswith(b"HTTP/1.1 408")
        with socket.create_connection(listening.getsockname(), timeout=20) as trickle:
            trickle.sendall(head.encode() + b"Content-Length: 100\r\n\r\n")
            trickle.settimeout(0.05)
            answer = b""
            for _ in range(200):
                try:
                    trickle.sendall(b" ")
                    answer = trickle.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    break
                break
        assert b"408" in answer
    finally:
        served.should_exit = True
        thread.join(10)


def _bomb() -> bytes:
    """A PNG of 30,000 x 30,000 pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 10_000))
        + chunk(b"IEND", b"")
    )


def test_hostile_media_end_in_a_typed_answer(world: World, tmp_path: Path) -> None:
    """Whatever the records say of it, a file that is a bomb or cut short brings nothing down."""
    import hashlib

    from consilience.model.locator import Locator

    good = tmp_path / "good.jpg"
    Image.new("RGB", (50, 40), "red").save(good, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0secret")
    for name, data in (
        ("bomb.png", _bomb()),
        ("cut.jpg", good.read_bytes()[:100]),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
        ("video.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\xff" * 500),
        ("empty.gif", b"GIF89a"),
    ):
        (tmp_path / name).write_bytes(data)
        place = (str(tmp_path).encode(), Locator.of_path(name.encode()).encode())
        asked = Original(1, hashlib.sha256(data).digest(), "picture", 100, (place,))
        with pytest.raises(ConsilienceError) as refused:
            world.server.pictures.make(asked, pictures.Size.LARGE)
        assert isinstance(refused.value, pictures.NoPicture), name
    data = good.read_bytes()
    place = (str(tmp_path).encode(), Locator.of_path(b"good.jpg").encode())
    made = world.server.pictures.make(
        Original(1, hashlib.sha256(data).digest(), "picture", 50, (place,)), pictures.Size.LARGE
    )
    assert b"secret" not in made.pictures[0] and Image.open(io.BytesIO(made.pictures[0])).size == (50, 40)


def test_whoever_asks_too_often_has_to_wait(world: World) -> None:
    owner = world.owner()
    world.server.rates = Rates(burst=10, a_second=0.01)
    answers = [owner.get("/api/exposure/limits") for _ in range(30)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1
