"""The authorisation endpoint: who logs in when, what is asked, and where one is sent."""

import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecosystem.identity.oauth import requests
from ecosystem.identity.oauth.authorising import Onward, Question, Trouble
from ecosystem.values.actor import Assurance
from tests.joining import join
from tests.oauth.flow import BACK, Flow, refused, said
from tests.parties import ISSUER, bearer, seeded


async def test_a_request_is_kept_and_the_browser_comes_again_with_a_handle(flow: Flow) -> None:
    client = await flow.program()

    kept = await flow.http.get("/oauth/authorize", params=flow.wanted(client))
    then = urlsplit(kept.headers["location"])
    to_login = await flow.http.get(kept.headers["location"])

    assert (kept.status_code, then.path) == (303, "/oauth/authorize")
    assert sorted(parse_qs(then.query)) == ["client_id", "request_uri"]
    assert to_login.status_code == 303
    login = urlsplit(to_login.headers["location"])
    assert login.path == "/login"
    assert parse_qs(login.query) == {"then": [kept.headers["location"]]}
    assert {kept.headers["cache-control"], to_login.headers["cache-control"]} == {"no-store"}


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ({"acr_values": "phr"}, {"acr": ["phr"]}),
        ({"acr_values": "phr pwd"}, None),
        ({"prompt": "login"}, {"again": ["1"]}),
        ({"max_age": "60"}, {"again": ["1"]}),
        ({"max_age": "600"}, None),
        ({"max_age": "0", "acr_values": "phr"}, {"acr": ["phr"], "again": ["1"]}),
        ({"prompt": "consent"}, None),
        ({"ui_locales": "fr zh"}, None),
    ],
)
async def test_a_login_that_is_too_old_or_too_weak_is_done_again(
    flow: Flow, changed: dict[str, str], asked: dict[str, list[str]] | None
) -> None:
    client = await flow.program()
    old = flow.with_(
        acr=Assurance.PASSWORD, authenticated_at=flow.authenticated_at - timedelta(minutes=5)
    )

    kept = await old.come(old.wanted(client, **changed))
    assert isinstance(kept, Onward)
    query = urlsplit(kept.location).query
    first = await old.come(query, session=old.session)
    again = flow.with_(authenticated_at=flow.authenticated_at + timedelta(minutes=1))

    if asked is None:
        assert isinstance(first, Question)
    else:
        assert isinstance(first, Onward)
        given = parse_qs(urlsplit(first.location).query)
        assert given.pop("then") == [kept.location]
        assert given == asked
    assert isinstance(await again.come(query, session=again.session), Question)


async def test_a_weak_login_cannot_answer_what_asks_for_a_strong_one(flow: Flow) -> None:
    client = await flow.program()
    question = await flow.asked(client, acr_values="phr")
    weak = flow.with_(acr=Assurance.PASSWORD)

    with pytest.raises(AssertionError, match="/login"):
        await weak.answer(question)


async def test_where_nothing_may_be_asked_the_client_is_told_so(flow: Flow) -> None:
    client = await flow.program()

    for session, error in ((None, "login_required"), (flow.session, "consent_required")):
        kept = await flow.come(flow.wanted(client, prompt="none"))
        assert isinstance(kept, Onward)
        told = said(await flow.come(urlsplit(kept.location).query, session=session))
        assert told == {"error": error, "state": "a state", "iss": ISSUER}


async def test_user_rejects_authentication(flow: Flow) -> None:
    client = await flow.program()
    question = await flow.asked(client)

    told = await flow.answer(question, decision="refuse", organisation_id="")

    assert told == {"error": "access_denied", "state": "a state", "iss": ISSUER}
    assert await flow.answer(question) is Trouble.REQUEST_UNKNOWN


async def test_an_answer_from_another_page_is_not_taken(flow: Flow) -> None:
    client = await flow.program()
    question = await flow.asked(client)

    assert await flow.answer(question, csrf="guessed") is Trouble.FORGED
    assert isinstance(await flow.answer(question), dict)


async def test_a_person_acts_for_no_organisation_but_her_own(flow: Flow) -> None:
    client = await flow.program()
    city = (await seeded(flow.http)).party("city").organisation_id
    question = await flow.asked(client)

    assert await flow.answer(question, organisation_id=city) is Trouble.NOT_A_MEMBER
    assert await flow.answer(question, decision="perhaps") is Trouble.NOT_A_MEMBER
    assert [one.id for one in question.organisations] == [flow.organisation_id]


async def test_a_client_acts_for_people_of_its_own_organisation_alone(flow: Flow) -> None:
    party = (await seeded(flow.http)).party("city")
    client = await flow.program()
    officer = flow.with_(person_id=party.person("officer").id)

    question = await officer.asked(client)
    told = await officer.answer(question, organisation_id=party.organisation_id)

    assert question.organisations == ()
    assert told is Trouble.NOT_A_MEMBER


async def test_a_client_of_the_operator_acts_for_anybody_and_she_chooses(flow: Flow) -> None:
    operator = await flow.owner.fetchval("SELECT id FROM organisation WHERE number = 0")
    city = (await seeded(flow.http)).party("city").organisation_id
    client = await flow.program(organisation_id=operator)
    administrator = await bearer(flow.http, "city", "administrator")
    invited = await flow.http.post(
        f"/v1/organisations/{city}/invitations",
        json={"name": {"en": "Both"}, "roles": ["signatory"]},
        headers=administrator,
    )
    await join(flow.http, invited.json()["link"], party="enterprise", person="bidder")

    question = await flow.asked(client)
    told = await flow.answer(question, organisation_id=city)
    gone = await flow.http.post(
        f"/v1/people/{flow.person_id}/leaving", headers=administrator | {"If-Match": '"v2"'}
    )

    assert gone.status_code == 200, gone.text
    assert {one.id for one in question.organisations} == {city, flow.organisation_id}
    assert isinstance(told, dict)
    row = await flow.owner.fetchrow("SELECT * FROM authorisation WHERE client_id = $1", client.id)
    assert row is not None
    assert (row["organisation_id"], row["person_id"]) == (city, flow.person_id)


async def test_par_ensure_duplicate_parameters_are_refused_with_a_page(flow: Flow) -> None:
    client = await flow.program()
    query = urlencode([*flow.wanted(client).items(), ("scope", "needs:read"), ("scope", "x")])

    answer = await flow.http.get(f"/oauth/authorize?{query}")

    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert answer.headers["content-type"].startswith("text/html")


async def test_what_is_unknown_in_the_address_is_left_unread(flow: Flow) -> None:
    client = await flow.program()

    assert isinstance(await flow.come(flow.wanted(client, nonce="n", x="y")), Onward)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "needs:read everything"}, "invalid_scope"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"request": "x"}, "request_not_supported"),
    ],
)
async def test_whatever_is_wrong_with_a_request_is_told_to_its_client_with_the_issuer(
    flow: Flow, changed: dict[str, str | None], error: str
) -> None:
    client = await flow.program()

    told = said(await flow.come(flow.wanted(client, **changed)))

    assert (told["error"], told["state"], told["iss"]) == (error, "a state", ISSUER)
    assert "code" not in told


async def test_of_an_unknown_or_disabled_client_nobody_is_sent_anywhere(flow: Flow) -> None:
    client, other = await flow.program(), await flow.program(redirect_uris=[])
    disabled = await flow.program(disabled_at=flow.authenticated_at)
    stranger = "client_01890a5d00007000800000000000000d"

    for client_id in (stranger, other.id, disabled.id, "", "client\x7f", "x" * 500):
        answer = await flow.http.get(
            "/oauth/authorize", params=flow.wanted(client, client_id=client_id)
        )
        assert (answer.status_code, "location" in answer.headers) == (400, False)


@pytest.mark.parametrize(
    ("given_", "registered", "public", "is_the_same"),
    [
        (BACK, BACK, False, True),
        (f"{BACK}?a=b", BACK, False, False),
        (f"{BACK}/", BACK, False, False),
        (BACK.upper(), BACK, False, False),
        (f"{BACK}#x", BACK, False, False),
        ("http://127.0.0.1:5123/back", "http://127.0.0.1/back", True, True),
        ("http://127.0.0.1/back", "http://127.0.0.1:80/back", True, True),
        ("http://[::1]:5123/back", "http://[::1]:1/back", True, True),
        ("http://127.0.0.1:5123/back", "http://127.0.0.1/back", False, False),
        ("http://127.0.0.1:5123/else", "http://127.0.0.1/back", True, False),
        ("http://127.0.0.1:99999/back", "http://127.0.0.1/back", True, False),
        ("http://127.0.0.1:5123@evil.example/back", "http://127.0.0.1/back", True, False),
        ("http://127.0.0.1.evil.example/back", "http://127.0.0.1/back", True, False),
        ("https://127.0.0.1:5123/back", "http://127.0.0.1/back", True, False),
        ("http://localhost:5123/back", "http://127.0.0.1/back", True, False),
        ("http://[::1]:5123/back", "http://127.0.0.1/back", True, False),
    ],
)
def test_a_redirect_uri_is_compared_character_by_character_but_for_a_loopback_port(
    given_: str,
    registered: str,
    public: bool,  # noqa: FBT001
    is_the_same: bool,  # noqa: FBT001
) -> None:
    assert requests.matches(given_, registered=[registered], public=public) is is_the_same


def test_an_address_with_a_query_keeps_it() -> None:
    assert requests.location(f"{BACK}?a=b", code="c") == f"{BACK}?a=b&code=c"


_ODD = st.one_of(
    st.text(max_size=60),
    st.text(alphabet='"\\\x00\r\n\t%#?@:/é中\ud800'.replace("\ud800", ""), max_size=30),
    st.sampled_from([BACK, f"{BACK}\r\nx: y", f'{BACK}"', f"{BACK}\\", "//evil.example", ""]),
)
_OFTEN = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_OFTEN
@given(redirect_uri=_ODD, client_id=st.none() | _ODD, state=_ODD)
async def test_no_address_client_or_state_breaks_it_or_leads_elsewhere(
    flow: Flow, redirect_uri: str, client_id: str | None, state: str
) -> None:
    client = await flow.program()
    query = flow.wanted(
        client, redirect_uri=redirect_uri, client_id=client_id or client.id, state=state
    )

    answer = await flow.http.get("/oauth/authorize", params=query)

    assert answer.status_code in {303, 400}
    to = answer.headers.get("location", "")
    assert to == "" or to.startswith((f"{BACK}?", "/oauth/authorize?"))
    assert (to == "") is (answer.status_code == 400)
    if not to.startswith("/"):
        assert not to or parse_qs(urlsplit(to).query)["state"] == [state]


@_OFTEN
@given(state=st.text(alphabet=[chr(at) for at in range(0x20, 0x7F)], max_size=200))
async def test_any_state_that_may_be_comes_back_as_it_was(flow: Flow, state: str) -> None:
    client = await flow.program()

    told = await flow.answer(await flow.asked(client, state=state), decision="refuse")

    assert isinstance(told, dict)
    assert told["state"] == state


@_OFTEN
@given(
    header=st.one_of(
        st.text(alphabet=[chr(at) for at in range(0x20, 0x7F)], max_size=60).map(
            lambda text: f"Basic {text}".encode()
        ),
        st.binary(max_size=40).map(lambda raw: b"Basic " + base64.b64encode(raw)),
        st.binary(max_size=40).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"")),
    ),
    path=st.sampled_from(["/oauth/token", "/oauth/par"]),
    client_id=_ODD,
)
async def test_no_basic_header_breaks_it(
    flow: Flow, header: bytes, path: str, client_id: str
) -> None:
    form = {"grant_type": "client_credentials", "client_id": client_id}

    answer = await flow.http.post(path, data=form, headers={b"authorization": header})

    status, error = refused(answer)
    assert (status, error) in {(401, "invalid_client"), (400, "invalid_request")}
