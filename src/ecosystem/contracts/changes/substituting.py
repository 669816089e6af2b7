"""Another organisation in the place of a member of a consortium, and what is wrong with it."""

from collections.abc import Iterator

import msgspec
from msgspec import UNSET

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

    Where texts name those who take the place, they name who takes it now.
    """
    if asked.substitution is UNSET or joining is None:
        return terms
    leaving_id = asked.substitution.leaving_id

    def party(one: Party) -> Party:
        if one.organisation_id != leaving_id:
            return one
        return msgspec.structs.replace(
            one, organisation_id=joining.id, kind=joining.kind, name=joining.name
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


def faults(
    before: ContractTerms,
    asked: TermsChange,
    *,
    joining: Organisation | None,
    left: tuple[str, ...],
) -> Iterator[Fault]:
    """Yield what keeps a member from being substituted.

    Codes: `member_unknown`, `lead_stays`, `organisation_unfit`, `organisation_doubled`,
    `member_left`.
    """
    if asked.substitution is UNSET:
        return
    leaving_id, joining_id = asked.substitution.leaving_id, asked.substitution.joining_id
    members = {one.organisation_id for place in before.consortia for one in place.shares}
    if leaving_id not in members:
        detail = "Nobody of this name takes a place together with others."
        yield Fault(f"{_WITHIN}/leaving_id", "member_unknown", detail)
    if leaving_id in {one.organisation_id for one in before.parties if one.lead}:
        yield Fault(f"{_WITHIN}/leaving_id", "lead_stays", "The lead leads the others to the end.")
    if joining is None or not joining.is_verified:
        detail = "Name an organisation that is verified."
        yield Fault(f"{_WITHIN}/joining_id", "organisation_unfit", detail)
    if joining_id in {one.organisation_id for one in before.parties}:
        detail = "It has a place in this contract already."
        yield Fault(f"{_WITHIN}/joining_id", "organisation_doubled", detail)
    if joining_id in left:
        detail = "It has left this contract, and does not come back."
        yield Fault(f"{_WITHIN}/joining_id", "member_left", detail)
