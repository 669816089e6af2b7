"""What people read when they are invited, in Chinese and in English."""

from typing import Final

from ecosystem.identity.login.languages import Said
from ecosystem.identity.login.rules import UsernameTaken, UsernameUnfit
from ecosystem.identity.people.queries import InvitationUnknown
from ecosystem.identity.people.rules import (
    InvitationAccepted,
    InvitationExpired,
    InvitationWithdrawn,
    MemberAlready,
)
from ecosystem.identity.rules import Inactive
from ecosystem.values.actor import Role
from ecosystem.values.refusal import Refusal

TITLE: Final = Said(zh="加入机构", en="Join an organisation")
INVITES: Final = Said(
    zh="{organisation}邀请您（{name}）加入，职责如下：",
    en="{organisation} invites you, {name}, to join it as:",
)
LASTS: Final = Said(
    zh="邀请在 {at}（UTC）之前有效，只能使用一次。",
    en="The invitation is good until {at} UTC, and works once.",
)
AS_HERSELF: Final = Said(
    zh="您以用户名 {username} 登录，将以此账户加入。",
    en="You are logged in as {username}, and join with this account.",
)
ACCEPT: Final = Said(zh="接受邀请", en="Accept the invitation")
SOMEBODY_ELSE: Final = Said(zh="这不是您？", en="Are you somebody else?")
LEAVE: Final = Said(zh="退出登录", en="Log out")
HAS_ACCOUNT: Final = Said(
    zh="已有账户？请登录，并以同一账户加入：一个人只用一个账户。",
    en="Do you have an account? Log in and join with the same: one person has one account.",
)
LOG_IN: Final = Said(zh="登录并接受", en="Log in to accept")
NEW: Final = Said(zh="创建账户", en="Make an account")
USERNAME: Final = Said(zh="用户名", en="Name to log in by")
USERNAME_HINT: Final = Said(
    zh="3 到 64 个字母或数字，中间可用 . _ @ + -。",
    en="3 to 64 letters and digits, with . _ @ + - between them.",
)
PASSWORD: Final = Said(zh="密码", en="Password")
AGAIN: Final = Said(zh="再次输入密码", en="Password, once more")
NOT_THE_SAME: Final = Said(
    zh="两次输入的密码不一致。", en="The password is not the same both times."
)
MAKE: Final = Said(zh="创建账户并加入", en="Make the account and join")
CANNOT: Final = Said(zh="无法加入", en="You cannot join with this link")
STALE: Final = Said(
    zh="此页面已过期，或您的浏览器不接受 Cookie。请重试。",
    en="This page had expired, or your browser keeps no cookies. Please try again.",
)
WRONG_NAME: Final[dict[type[Refusal], Said]] = {
    UsernameUnfit: Said(
        zh="此用户名不可用：太短、太长，或含有其他字符。",
        en="This cannot be a name: it is too short, too long, or has other characters.",
    ),
    UsernameTaken: Said(
        zh="已有人使用此用户名，请换一个。",
        en="Somebody has this name already. Choose another.",
    ),
}
_ASK: Final = Said(zh="请向该机构的管理员索取新的邀请。", en="Ask its administrator for another.")
REFUSED: Final[dict[type[Refusal], Said]] = {
    InvitationUnknown: Said(
        zh="没有这个邀请。请检查链接是否完整。",
        en="There is no such invitation. Check that the link is whole.",
    ),
    InvitationAccepted: Said(
        zh=f"邀请已被接受，只能使用一次。{_ASK.zh}",
        en=f"The invitation has been accepted, and works once. {_ASK.en}",
    ),
    InvitationWithdrawn: Said(
        zh=f"邀请已被撤回。{_ASK.zh}", en=f"The invitation has been withdrawn. {_ASK.en}"
    ),
    InvitationExpired: Said(
        zh=f"邀请已过期：有效期为七天。{_ASK.zh}",
        en=f"The invitation has expired: it was good for seven days. {_ASK.en}",
    ),
    Inactive: Said(zh="您的账户已被停用。", en="Your account has been disabled."),
    MemberAlready: Said(
        zh="您已经是该机构的成员。如需更改职责，请联系其管理员。",
        en="You belong to this organisation already. Its administrator can change your roles.",
    ),
}
ROLES: Final = {
    Role.OFFICER: Said(zh="采购经办人", en="officer: publishes needs, proposes awards"),
    Role.OPENER: Said(zh="开标人", en="opener: opens sealed offers together with others"),
    Role.EVALUATOR: Said(zh="评审人", en="evaluator: scores offers"),
    Role.APPROVER: Said(zh="审批人", en="approver: approves what others proposed"),
    Role.TREASURER: Said(zh="财务人员", en="treasurer: budget and payments"),
    Role.SIGNATORY: Said(zh="签署人", en="signatory: signs contracts"),
    Role.BIDDER: Said(zh="投标人", en="bidder: offers"),
    Role.DELIVERY: Said(zh="交付负责人", en="delivery: submits milestones, claims payments"),
    Role.VERIFIER: Said(zh="核验人", en="verifier: verifies outcomes"),
    Role.LENDER: Said(zh="融资方", en="lender: finances"),
    Role.REVIEWER: Said(zh="复议人", en="reviewer: decides challenges"),
    Role.AUDITOR: Said(zh="审计员", en="auditor: reads everything with its history"),
    Role.OPERATOR: Said(zh="平台运营员", en="operator of the platform"),
    Role.ADMINISTRATOR: Said(zh="管理员", en="administrator: manages people and clients"),
}
"""What a role is called to whom it is given."""
