"""What can be done with invitations and memberships: load, decide, write, record."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, update

from ecosystem.history.actions import record
from ecosystem.history.model import Audience
from ecosystem.identity import queries as identity
from ecosystem.identity.login.actions import end_sessions
from ecosystem.identity.oauth.actions import revoke_all
from ecosystem.identity.oauth.known import tokens_die
from ecosystem.identity.people import queries, rules
from ecosystem.identity.people.model import (
    Herself,
    InviteFacts,
    Joined,
    MembershipFacts,
    NewInvitation,
    PersonFacts,
)
from ecosystem.identity.people.tables import invitation
from ecosystem.identity.tables import membership, person
from ecosystem.runtime.database import Statement, Tx, inserting
from ecosystem.runtime.minting import mint, secret
from ecosystem.runtime.web import Standing
from ecosystem.values import revision
from ecosystem.values.actor import Actor, Role

_ADD_INVITATION: Final = inserting(
    invitation,
    "id", "organisation_id", "name", "roles", "digest", "invited_at", "expires_at", "version",
)  # fmt: skip
_ADD_PERSON: Final = inserting(person, "id", "name", "version")
_ADD_MEMBERSHIP: Final = inserting(membership)
_ACCEPT: Final = Statement(
    update(invitation)
    .where(invitation.c.id == bindparam("of"))
    .values(
        accepted_at=bindparam("at"),
        accepted_by=bindparam("person_id"),
        version=bindparam("new_version"),
    )
)
_WITHDRAW: Final = Statement(
    update(invitation)
    .where(invitation.c.id == bindparam("of"))
    .values(withdrawn_at=bindparam("at"), version=bindparam("new_version"))
)
_CHANGE_ROLES: Final = Statement(
    update(membership)
    .where(membership.c.invitation_id == bindparam("of"))
    .values(roles=bindparam("new_roles"), version=bindparam("new_version"))
)
_END: Final = Statement(delete(membership).where(membership.c.invitation_id == bindparam("of")))
_SET_DISABLED: Final = Statement(
    update(person)
    .where(person.c.id == bindparam("of"))
    .values(disabled_at=bindparam("disabled"), version=person.c.version + 1)
)


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that has been made; its code is nowhere else."""

    invitation_id: str
    code: str
    expires_at: datetime
    version: int

    def link(self, root: str) -> str:
        """Return where the invited person accepts, at the service whose address is `root`."""
        return f"{root}/invitation?code={self.code}"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A membership that has begun."""

    organisation_id: str
    joined: Joined
    by: Actor
    """Who she is there."""
    version: int


async def invite(
    tx: Tx, organisation_id: str, asked: NewInvitation, *, by: Actor, at: datetime
) -> Issued:
    """Invite somebody by a code that works once, within seven days; only its digest is kept.

    Effects: the invitation, the event person.invited.
    """
    found = await identity.organisation_facts(tx, organisation_id, reason="")
    facts = InviteFacts(
        organisation_id=organisation_id,
        kind=found.kind,
        invitation_id=mint("invitation"),
        asked=asked,
        has_administrator=await queries.has_administrator(tx, organisation_id),
    )
    decision = rules.invite(facts, by=by, at=at)
    code = secret()
    await tx.run(
        _ADD_INVITATION,
        id=facts.invitation_id,
        organisation_id=organisation_id,
        name=msgspec.json.encode(asked.name),
        roles=_words(decision.roles),
        digest=queries.digest_of(code),
        invited_at=at,
        expires_at=decision.expires_at,
        version=1,
    )
    version = await record(
        tx, "person.invited", facts.invitation_id, facts=facts, decision=decision, by=by, at=at,
        audience=_own(organisation_id),
    )  # fmt: skip
    return Issued(
        invitation_id=facts.invitation_id,
        code=code,
        expires_at=decision.expires_at,
        version=version,
    )


async def withdraw(
    tx: Tx, invitation_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Withdraw an invitation; effects: its state, the event invitation.withdrawn."""
    facts = await queries.invitation_facts(tx, invitation_id, by=by)
    revision.check(expected, actual=facts.version)
    decision = rules.withdraw(facts, by=by, at=at)
    await tx.run(_WITHDRAW, of=invitation_id, at=at, new_version=facts.version + 1)
    version = await record(
        tx, "invitation.withdrawn", invitation_id, facts=facts, decision=decision, by=by, at=at,
        audience=_own(facts.organisation_id),
    )  # fmt: skip
    return Standing(id=invitation_id, state="withdrawn", version=version)


async def accept(tx: Tx, code: str, *, herself: Herself, at: datetime) -> Begun:
    """Accept an invitation, once: of several who try at the same time one joins.

    Refuses with InvitationUnknown, and as rules.accept. She acts as the member whom the
    invitation makes her, so nobody there learns where else she belongs. Effects: a new
    person, where she is none yet; the membership; the event person.joined.
    """
    one = await queries.found(tx, code)
    facts = await queries.accept_facts(tx, one, person_id=herself.person_id)
    by = msgspec.structs.replace(
        one.as_member,
        client_id=herself.client_id,
        person_id=facts.person_id,
        acr=herself.acr,
        authenticated_at=herself.authenticated_at,
    )
    decision = rules.accept(facts, by=by, at=at)
    if herself.person_id is None:
        name = msgspec.json.encode(one.name)
        await tx.run(_ADD_PERSON, id=decision.person_id, name=name, version=1)
    await _begin(tx, one, decision, at=at)
    # What stands for her only organisation, as an outside token may, no longer does.
    await tokens_die(tx, decision.person_id)
    version = await record(
        tx, "person.joined", one.facts.invitation_id, facts=facts, decision=decision, by=by,
        at=at, audience=_own(one.facts.organisation_id),
    )  # fmt: skip
    return Begun(organisation_id=one.facts.organisation_id, joined=decision, by=by, version=version)


async def change_roles(
    tx: Tx,
    person_id: str,
    roles: tuple[Role, ...],
    *,
    by: Actor,
    at: datetime,
    expected: int | None,
) -> Standing:
    """Give a member other roles; effects: they count at once, the event person.roles_changed."""
    facts = await queries.membership_facts(tx, person_id, by=by, asked=roles)
    revision.check(expected, actual=facts.version)
    decision = rules.change_roles(facts, by=by, at=at)
    await tx.run(
        _CHANGE_ROLES,
        of=facts.invitation_id,
        new_roles=_words(decision.roles),
        new_version=facts.version + 1,
    )
    return await _changed(tx, "person.roles_changed", "active", facts, decision, by=by, at=at)


async def leave(
    tx: Tx, person_id: str, *, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """End a membership.

    Effects: the tokens that stand for it die, and what she authorised in it is revoked, while
    those for other organisations live on; the event person.left.
    """
    facts = await queries.membership_facts(tx, person_id, by=by)
    revision.check(expected, actual=facts.version)
    decision = rules.leave(facts, by=by, at=at)
    await tx.run(_END, of=facts.invitation_id)
    await revoke_all(tx, person_id, organisation_id=facts.organisation_id)
    return await _changed(tx, "person.left", "left", facts, decision, by=by, at=at)


async def deactivate(
    tx: Tx, person_id: str, *, reason: str, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Disable a person in every organisation.

    Effects: all her tokens die, her logins end, and what she authorised is revoked; the
    event person.deactivated, which her organisations read.
    """
    facts = await queries.person_facts(tx, person_id, by=by, reason=reason)
    revision.check(expected, actual=facts.version)
    decision = rules.deactivate(facts, by=by, at=at)
    # In this order: who is just agreeing to something by a login is waited for.
    await end_sessions(tx, person_id)
    await revoke_all(tx, person_id)
    return await _set_active(tx, facts, decision, is_active=False, by=by, at=at)


async def reactivate(
    tx: Tx, person_id: str, *, reason: str, by: Actor, at: datetime, expected: int | None
) -> Standing:
    """Let a person act again; effects: the event person.reactivated. Old tokens stay dead."""
    facts = await queries.person_facts(tx, person_id, by=by, reason=reason)
    revision.check(expected, actual=facts.version)
    decision = rules.reactivate(facts, by=by, at=at)
    return await _set_active(tx, facts, decision, is_active=True, by=by, at=at)


async def _set_active(
    tx: Tx,
    facts: PersonFacts,
    decision: msgspec.Struct,
    *,
    is_active: bool,
    by: Actor,
    at: datetime,
) -> Standing:
    disabled = None if is_active else at
    await tx.run(_SET_DISABLED, of=facts.person_id, disabled=disabled)
    await tokens_die(tx, facts.person_id)
    concerned = await queries.organisations_of(tx, facts.person_id)
    change = "person.reactivated" if is_active else "person.deactivated"
    await record(
        tx, change, facts.person_id, facts=facts, decision=decision, by=by, at=at,
        audience=Audience(organisations=(by.organisation_id, *concerned)),
    )  # fmt: skip
    after = await queries.person_facts(tx, facts.person_id, by=by, reason=facts.reason)
    state = "active" if is_active else "deactivated"
    return Standing(id=facts.person_id, state=state, version=after.version)


async def _begin(tx: Tx, one: queries.Found, decision: Joined, *, at: datetime) -> None:
    following = one.facts.version + 1
    await tx.run(
        _ACCEPT,
        of=one.facts.invitation_id,
        at=at,
        person_id=decision.person_id,
        new_version=following,
    )
    await tx.run(
        _ADD_MEMBERSHIP,
        organisation_id=one.facts.organisation_id,
        person_id=decision.person_id,
        invitation_id=one.facts.invitation_id,
        roles=_words(decision.roles),
        version=following,
    )


async def _changed(
    tx: Tx,
    change: str,
    state: str,
    facts: MembershipFacts,
    decision: msgspec.Struct,
    *,
    by: Actor,
    at: datetime,
) -> Standing:
    await tokens_die(tx, facts.person_id)
    version = await record(
        tx, change, facts.invitation_id, facts=facts, decision=decision, by=by, at=at,
        audience=_own(facts.organisation_id),
    )  # fmt: skip
    return Standing(id=facts.person_id, state=state, version=version)


def _words(roles: tuple[Role, ...]) -> list[str]:
    return [role.value for role in roles]


def _own(organisation_id: str) -> Audience:
    return Audience(organisations=(organisation_id,))
