"""What all requests of a server share."""

from __future__ import annotations

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fastapi import Request

from consilience.runs.local import LocalExecutor
from consilience.services.accounts import NotSignedIn
from consilience.services.gallery import Galleries
from consilience.services.holdings import SCRATCH, Holdings
from consilience.services.matchservice import MatchService
from consilience.services.oidc import Provider
from consilience.services.passkeys import Place
from consilience.services.pictures import Pictures
from consilience.services.watching import Watching
from consilience.settings import GiB, Limits, MiB
from consilience.web.jobs import Jobs
from consilience.web.rates import Rates
from consilience.web.uploads import Uploads

ASKED = Limits(memory=3 * GiB, seconds=20.0, buffer=128 * MiB, expansion=256 * MiB, members=10_000)
"""What may be used to examine a file that somebody asks about."""


class Server:
    """Holdings being served, with what is kept between requests. Close it.

    Args:
        holdings: which.
        owner: account of the local owner, for holdings without users.
        roots: folders below which exhibits may be taken in.
        secure: whether browsers reach it by TLS.
        origin: of its page, under the first of its names: there passkeys are good, and a provider sends
            people back to it.
        provider: through which people may sign in.
    """

    def __init__(
        self,
        holdings: Holdings,
        *,
        owner: str,
        roots: tuple[Path, ...] = (),
        secure: bool = False,
        origin: str = "http://localhost:8471",
        provider: Provider | None = None,
    ) -> None:
        self.holdings = holdings
        self.owner = owner
        self.roots = tuple(one.resolve() for one in roots)
        self.secure = secure
        self.place = Place(origin)
        self.provider = provider
        self.galleries = Galleries()
        self.pictures = Pictures(holdings)
        self.matches = MatchService(holdings)
        self.watching = Watching(holdings)
        self.jobs = Jobs()
        self.uploads = Uploads(holdings.folder / SCRATCH)
        self.rates = Rates(burst=400, a_second=40)
        self.doors = Rates(burst=20, a_second=0.5)
        """Of sign-ins, by address."""
        self._entering: str | None = None
        self._executor: LocalExecutor | None = None
        self._turn = threading.Lock()
        # What an executor starts ends with the thread that started it, and those of requests come and go.
        self._lasting = ThreadPoolExecutor(1, "executor")

    @property
    def cookie(self) -> str:
        """Name of the session's cookie; with TLS, one that no other name or path can set."""
        return "__Host-consilience" if self.secure else "consilience"

    @property
    def door_cookie(self) -> str:
        """Name of the cookie by which a browser is known between a question and its answer."""
        return f"{self.cookie}-door"

    def new_entrance(self) -> str:
        """A key with which the local owner may enter, once; earlier ones are no longer good."""
        with self._turn:
            self._entering = secrets.token_urlsafe(32)
            return self._entering

    def use_entrance(self, key: str) -> None:
        """Use the key up.

        Raises:
            NotSignedIn: it is another, or was used.
        """
        with self._turn:
            right = self._entering is not None and secrets.compare_digest(
                key.encode("utf-8", "replace"), self._entering.encode()
            )
            if right:
                self._entering = None
        if not right:
            raise NotSignedIn("the link was used, or is of another start", "Start consilience serve again.")

    def executor(self) -> LocalExecutor:
        """Examines files that are asked about; started when the first is."""
        with self._turn:
            if self._executor is None:
                self._executor = self._lasting.submit(LocalExecutor, ASKED, 1).result()
            return self._executor

    def close(self) -> None:
        """Let go of what was opened; the holdings stay open."""
        self.jobs.close()
        self.uploads.close()
        if self._executor is not None:
            self._executor.close()
        self._lasting.shutdown()
        self.pictures.close()


def server_of(request: Request) -> Server:
    """The server of a request."""
    found = request.app.state.server
    assert isinstance(found, Server)
    return found
