"""A person at her browser, as far as pages without JavaScript need one."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
from sqlalchemy import bindparam, delete, update

from ecosystem.identity.login import actions, passwords
from ecosystem.identity.login.passkeys.tables import passkey
from ecosystem.identity.login.tables import account
from ecosystem.identity.tables import person
from ecosystem.runtime import idempotency
from ecosystem.runtime.database import Database, Statement, inserting
from ecosystem.runtime.minting import mint, secret
from ecosystem.values.actor import Actor, OrganisationKind
from tests.parties import seeded

PASSWORD = "four words are enough"


class Page(HTMLParser):
    """The forms of a page with what their hidden fields hold, what can be chosen, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.links: list[str] = []
        self.choices: list[str] = []
        self.language = ""
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given["lang"]
        if tag == "a":
            self.links.append(given["href"])
        if tag == "form":
            self.forms.append((given["action"], {}))
        if tag == "input" and given.get("type") == "hidden":
            self.forms[-1][1][given["name"]] = given["value"]
        if tag == "input" and given.get("type") == "radio":
            self.choices.append(given["value"])

    def handle_data(self, data: str) -> None:
        self.text += data


@dataclass
class Visitor:
    """A browser with cookies of its own."""

    http: httpx.AsyncClient
    username: str = ""
    person_id: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    answer: httpx.Response = field(default_factory=lambda: httpx.Response(204))

    @property
    def page(self) -> Page:
        """The page that it shows."""
        return Page(self.answer.text)

    def elsewhere(self) -> "Visitor":
        """Return the same person at another browser."""
        return Visitor(self.http, self.username, self.person_id)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Read a page."""
        return await self._send("GET", path, headers=headers)

    async def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form."""
        return await self._send("POST", path, data=form, headers=headers)

    async def submit(self, action: str, **filled: str) -> httpx.Response:
        """Fill in the form of this page that leads to `action`, and send it."""
        hidden = next(hidden for to, hidden in self.page.forms if to == action)
        return await self.post(action, hidden | filled)

    async def log_in(
        self, password: str = PASSWORD, *, username: str | None = None, query: str = ""
    ) -> httpx.Response:
        """Go to the login, and log in there."""
        await self.get(f"/login{query}")
        return await self.submit("/login", username=username or self.username, password=password)

    async def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        named = {name.replace("_", "-"): value for name, value in sent.pop("headers").items()}
        kept = {b"Cookie": cookie.encode("latin-1")} if cookie else {}
        sent["headers"] = {name.encode(): value.encode() for name, value in named.items()} | kept
        self.answer = await self.http.request(method, path, **sent)
        # The client's own jar would mix the browsers up.
        self.http.cookies.clear()
        for said in self.answer.headers.get_list("set-cookie"):
            name, _, value = said.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return self.answer


_ADD_PERSON = inserting(person, "id", "name", "version")
_RENEW = Statement(
    update(account)
    .where(account.c.person_id == bindparam("of"))
    .values(password_digest=bindparam("digest"))
)
_DROP_PASSKEYS = Statement(delete(passkey).where(passkey.c.person_id == bindparam("of")))


async def with_account(
    http: httpx.AsyncClient, database: Database, *, of: tuple[str, str] | None = None
) -> Visitor:
    """Return somebody who has an account, at a new browser: a new person, or a seeded one.

    `of` is the short name of a party, and of its person, who then has the password of all tests,
    and no passkey.
    """
    parties = await seeded(http)
    digest = await _digest()
    if of is not None:
        her = parties.party(of[0]).person(of[1])
        async with database.transaction() as tx:
            await tx.run(_RENEW, of=her.id, digest=digest)
            await tx.run(_DROP_PASSKEYS, of=her.id)
        return Visitor(http, her.username, her.id)
    house = parties.party("enterprise")
    person_id, username = mint("person"), f"user.{secret()}"
    async with database.transaction() as tx:
        await tx.run(_ADD_PERSON, id=person_id, name=b'{"en": "Jo <Ann>"}', version=1)
        await actions.create_account(
            tx,
            person_id,
            username=username,
            digest=digest,
            by=_member(house.organisation_id, person_id),
            at=await idempotency.clock(tx),
        )
    return Visitor(http, username, person_id)


_digests: list[str] = []


async def _digest() -> str:
    if not _digests:
        _digests.append(await passwords.digest(PASSWORD))
    return _digests[0]


def _member(organisation_id: str, person_id: str) -> Actor:
    return Actor(
        organisation_id=organisation_id,
        organisation_number=1,
        kind=OrganisationKind.ENTERPRISE,
        verified=True,
        jurisdiction="440300",
        client_id="test",
        person_id=person_id,
    )
