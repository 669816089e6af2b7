"""Another organisation in the place of a member of a consortium, and what is wrong with it."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET, UnsetType

from ecosystem.contracts import growth
from ecosystem.contracts.changes.model import TermsChange
from ecosystem.contracts.form_shapes import Consortium, ContractTerms, Party, PartyRole
from ecosystem.contracts.model import Organisation
from ecosystem.values.refusal import Fault
from ecosystem.values.yaml_tree import Plain

_WITHIN = "/changes/substitution"
_WRITTEN = (
    "title", "clauses", "milestones", "metrics", "payment_rules", "data_terms", "changes",
    "termination",
)  # fmt: skip


def substituted(
    terms: ContractTerms, asked: TermsChange, *, joining: Organisation | None
) -> ContractTerms:
    """Return the terms with who joins in the place of who leaves, its share unchanged.

    Who joins never leads: where the lead leaves, the member does that is named. Where texts name
    those who take the place, they name who takes it now.
    """
    if asked.substitution is UNSET or joining is None:
        return terms
    leaving_id, new_lead_id = asked.substitution.leaving_id, asked.substitution.new_lead_id
    led = {one.role for one in terms.parties if one.lead and one.organisation_id == leaving_id}

    def party(one: Party) -> Party:
        leads = one.organisation_id == new_lead_id if one.role in led else one.lead
        if one.organisation_id != leaving_id:
            return msgspec.structs.replace(one, lead=leads)
        return msgspec.structs.replace(
            one, organisation_id=joining.id, kind=joining.kind, name=joining.name, lead=leads
        )

    def consortium(one: Consortium) -> Consortium:
        shares = tuple(
            msgspec.structs.replace(share, organisation_id=joining.id)
            if share.organisation_id == leaving_id
            else share
            for share in one.shares
        )
        return msgspec.structs.replace(one, shares=shares)

    parties = tuple(sorted(map(party, terms.parties), key=growth.rank))
    roles: set[PartyRole] = {one.role for one in terms.parties if one.organisation_id == leaving_id}
    return msgspec.structs.replace(
        _renamed(terms, parties, roles),
        parties=parties,
        consortia=tuple(map(consortium, terms.consortia)),
    )


def _renamed(
    terms: ContractTerms, parties: tuple[Party, ...], roles: set[PartyRole]
) -> ContractTerms:
    plain: dict[str, Plain] = msgspec.to_builtins(terms)
    for role in roles:
        named = zip(
            growth.names_of(terms.parties, role), growth.names_of(parties, role), strict=True
        )
        zh, en = named
        names = {"zh": zh, "en": en}
        plain |= {one: _named(plain[one], names, key="") for one in _WRITTEN}
    return msgspec.convert(plain, ContractTerms)


def _named(value: Plain, names: dict[str, tuple[str, str]], *, key: str) -> Plain:
    """Return `value` with other names in its texts; `names` are before and after, by language."""
    if isinstance(value, dict):
        return {name: _named(item, names, key=name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item, names, key=key) for item in value]
    if isinstance(value, str) and key in names:
        return value.replace(*names[key])
    return value


def _lead_faults(
    before: ContractTerms, leaving_id: str, new_lead_id: str | UnsetType
) -> Iterator[Fault]:
    """Yield what keeps a consortium from being led by one of those that stay."""
    where = f"{_WITHIN}/new_lead_id"
    led = {one.role for one in before.parties if one.lead and one.organisation_id == leaving_id}
    staying = sorted(
        one.organisation_id
        for one in before.parties
        if one.role in led and one.organisation_id != leaving_id
    )
    if not led:
        if new_lead_id is not UNSET:
            yield Fault(where, "lead_stays", "The lead leads as long as it does not leave.")
    elif new_lead_id is UNSET:
        yield Fault(where, "lead_unnamed", f"Name who leads then: {' or '.join(staying)}.")
    elif new_lead_id not in staying:
        detail = f"One of the members that stay leads: {' or '.join(staying)}."
        yield Fault(where, "lead_unfit", detail)


def faults(
    before: ContractTerms,
    asked: TermsChange,
    *,
    joining: Organisation | None,
    left: tuple[str, ...],
) -> Iterator[Fault]:
    """Yield what keeps a member from being substituted.

    Codes: `member_unknown`, `lead_stays`, `lead_unnamed`, `lead_unfit`, `organisation_unfit`,
    `organisation_doubled`, `member_left`.
    """
    if asked.substitution is UNSET:
        return
    leaving_id, joining_id = asked.substitution.leaving_id, asked.substitution.joining_id
    members = {one.organisation_id for place in before.consortia for one in place.shares}
    if leaving_id not in members:
        detail = "Nobody of this name takes a place together with others."
        yield Fault(f"{_WITHIN}/leaving_id", "member_unknown", detail)
    yield from _lead_faults(before, leaving_id, asked.substitution.new_lead_id)
    if joining is None or not joining.is_verified:
        detail = "Name an organisation that is verified."
        yield Fault(f"{_WITHIN}/joining_id", "organisation_unfit", detail)
    if joining_id in {one.organisation_id for one in before.parties}:
        detail = "It has a place in this contract already."
        yield Fault(f"{_WITHIN}/joining_id", "organisation_doubled", detail)
    if joining_id in left:
        detail = "It has left this contract, and does not come back."
        yield Fault(f"{_WITHIN}/joining_id", "member_left", detail)
