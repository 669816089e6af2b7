"""What people read when they come back, in Chinese and in English."""

from typing import Final

from ecosystem.identity.login.languages import Said
from ecosystem.identity.recovery.queries import RecoveryUnknown
from ecosystem.identity.recovery.rules import (
    ActsElsewhere,
    RecoveryExpired,
    RecoveryReplaced,
    RecoveryUsed,
)
from ecosystem.identity.rules import Inactive
from ecosystem.values.refusal import Refusal

TITLE: Final = Said(zh="重新设置登录方式", en="Get a new way in")
WHOSE: Final = Said(
    zh="{name}，请为您的账户 {username} 设置新密码。",
    en="{name}, choose a new password for your account {username}.",
)
ENDS: Final = Said(
    zh="设置后，原密码、全部通行密钥和关联的外部身份失效，所有浏览器中的登录结束，您对客户端的授权全部撤销。",
    en="With it your old password, all your passkeys and outside identities are worth nothing, "
    "your logins in all browsers end, and what you have authorised clients to do is revoked.",
)
USE: Final = Said(zh="设置新密码并登录", en="Choose it and log in")
PASSKEYS_ANEW: Final = Said(
    zh="登录后，请在账户页面重新添加通行密钥。",
    en="Then add a passkey again on the page of your account.",
)
_ASK: Final = Said(zh="请向管理员索取新的链接。", en="Ask your administrator for another.")
REFUSED: Final[dict[type[Refusal], Said]] = {
    RecoveryUnknown: Said(
        zh="没有这个链接。请检查链接是否完整。",
        en="There is no such link. Check that it is whole.",
    ),
    RecoveryUsed: Said(
        zh="链接已被使用，只能使用一次。如果不是您本人使用，请立即告知管理员。",
        en="The link has been used, and works once. If it was not you, tell your administrator "
        "at once.",
    ),
    RecoveryReplaced: Said(
        zh="已生成新的链接，请使用最新的一个。",
        en="Another link has been made since. Use the newest one.",
    ),
    RecoveryExpired: Said(
        zh=f"链接已过期：有效期为一天。{_ASK.zh}",
        en=f"The link has expired: it was good for a day. {_ASK.en}",
    ),
    Inactive: Said(zh="您的账户已被停用。", en="Your account has been disabled."),
    ActsElsewhere: Said(
        zh="您在此期间加入了其他机构，此链接不能再使用。请让各机构重新邀请您。",
        en="You have joined another organisation since, so the link cannot be used. Have each of "
        "your organisations invite you anew.",
    ),
}
