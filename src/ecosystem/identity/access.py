"""Who may do what with organisations, people and clients."""

from typing import Final

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.permit import Permit

REGISTER: Final = Permit(act="register an organisation")
READ: Final = Permit(act="read the register of organisations")
CHANGE: Final = Permit(
    act="change what the organisation says of itself",
    scope="organisations:write",
    roles=(Role.ADMINISTRATOR,),
    person=True,
    step_up=True,
    relation="own organisation",
)
VERIFY: Final = Permit(
    act="verify an organisation",
    scope="organisations:write",
    kinds=(OrganisationKind.PLATFORM,),
    roles=(Role.OPERATOR,),
    person=True,
    step_up=True,
    state="registered, suspended",
)
SUSPEND: Final = Permit(
    act="suspend an organisation",
    scope="organisations:write",
    kinds=(OrganisationKind.PLATFORM,),
    roles=(Role.OPERATOR,),
    person=True,
    step_up=True,
    state="registered, verified",
)
ADMINISTER: Final = Permit(
    act="give a member other roles",
    scope="organisations:write",
    roles=(Role.ADMINISTRATOR,),
    person=True,
    step_up=True,
    relation="own organisation",
)
INVITE: Final = Permit(
    act="invite a person",
    scope="organisations:write",
    roles=(Role.ADMINISTRATOR, Role.OPERATOR),
    person=True,
    step_up=True,
    relation="own organisation; the operator, one that nobody administers",
)
READ_INVITATIONS: Final = Permit(
    act="read the invitations of the own organisation",
    scope="organisations:read",
    roles=(Role.ADMINISTRATOR,),
    relation="own organisation",
)
WITHDRAW_INVITATION: Final = Permit(
    act="withdraw an invitation",
    scope="organisations:write",
    roles=(Role.ADMINISTRATOR,),
    person=True,
    relation="own organisation",
    state="open",
)
ACCEPT_INVITATION: Final = Permit(
    act="accept an invitation",
    scope="organisations:write",
    person=True,
    relation="holder of the code",
    state="open",
)
JOIN: Final = Permit(
    act="open the link of an invitation, and accept it", relation="holder of the code", state="open"
)
READ_PERSON: Final = Permit(
    act="read a person of the own organisation; the operator, of any",
    scope="organisations:read",
    relation="own organisation",
)
LEAVE: Final = Permit(
    act="leave the organisation; an administrator, remove a member",
    scope="organisations:write",
    person=True,
    relation="own organisation",
)
RECOVER: Final = Permit(
    act="offer a person a new way in",
    scope="organisations:write",
    roles=(Role.ADMINISTRATOR, Role.OPERATOR),
    person=True,
    step_up=True,
    relation="own organisation; the operator, whom nobody else administers",
)
USE_RECOVERY: Final = Permit(
    act="open the link of a recovery, and choose a new password",
    relation="holder of the code",
    state="open",
)
DEACTIVATE_PERSON: Final = Permit(
    act="disable a person everywhere",
    scope="organisations:write",
    kinds=(OrganisationKind.PLATFORM,),
    roles=(Role.OPERATOR,),
    person=True,
    step_up=True,
    state="active",
)
REACTIVATE_PERSON: Final = Permit(
    act="let a disabled person act again",
    scope="organisations:write",
    kinds=(OrganisationKind.PLATFORM,),
    roles=(Role.OPERATOR,),
    person=True,
    step_up=True,
    state="deactivated",
)
MANAGE_CLIENTS: Final = Permit(
    act="add, change and deactivate the organisation's clients",
    scope="organisations:write",
    roles=(Role.ADMINISTRATOR, Role.OFFICER, Role.DELIVERY),
    person=True,
    step_up=True,
    relation="own organisation",
)
READ_CLIENT: Final = Permit(
    act="read a client of the own organisation",
    scope="organisations:read",
    relation="own organisation",
)
LINK_IDENTITY: Final = Permit(
    act="link an outside identity to oneself",
    scope="organisations:write",
    person=True,
    step_up=True,
)
READ_IDENTITIES: Final = Permit(
    act="read the own outside identities", scope="organisations:read", person=True
)
REMOVE_IDENTITY: Final = Permit(
    act="remove an own outside identity",
    scope="organisations:write",
    person=True,
    relation="own person",
)
WHO_AM_I: Final = Permit(act="ask who the token says the caller is", token=True)
GET_TOKEN: Final = Permit(act="get an access token")
LOG_IN: Final = Permit(act="log in and out")
OWN_ACCOUNT: Final = Permit(act="see and change the own account, as who is logged in")
AUTHORISE: Final = Permit(act="authorise a client to act for a person")
