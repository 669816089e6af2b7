"""What people read when they log in, in Chinese and in English."""

from typing import Final

from ecosystem.identity.login.languages import Said
from ecosystem.identity.login.rules import (
    PasswordCommon,
    PasswordLong,
    PasswordShort,
)
from ecosystem.values.refusal import Refusal

NAME: Final = Said(zh="城市数字运营平台", en="Ecosystem")
OTHER_LANGUAGE: Final = Said(zh="English", en="中文")
SKIP: Final = Said(zh="跳到正文", en="Skip to the content")

LOGIN: Final = Said(zh="登录", en="Log in")
USERNAME: Final = Said(zh="用户名", en="Name")
PASSWORD: Final = Said(zh="密码", en="Password")
WRONG: Final = Said(
    zh="用户名或密码不正确。",
    en="The name or the password is wrong.",
)
HELD: Final = Said(
    zh="登录失败次数过多。请在{wait}后重试。您曾登录过的浏览器不受影响。",
    en="There were too many failed attempts. Try again in {wait}. A browser in which you have "
    "logged in before is not held up.",
)
SECONDS: Final = Said(zh="{count} 秒", en="{count} seconds")
MINUTES: Final = Said(zh="{count} 分钟", en="{count} minutes")
STALE: Final = Said(
    zh="此页面已过期，或您的浏览器不接受 Cookie。请重试。",
    en="This page had expired, or your browser keeps no cookies. Please try again.",
)
AGAIN: Final = Said(
    zh="请再次证明是您本人。",
    en="Please show once more that it is you.",
)
NO_ACCOUNT: Final = Said(
    zh="还没有账户？您所在机构的管理员可以邀请您。",
    en="No account yet? An administrator of your organisation can invite you.",
)
PASSKEY_ASKED: Final = Said(
    zh="此操作要求使用通行密钥登录。",
    en="This asks for a login by passkey.",
)
PASSKEY_MISSING: Final = Said(
    zh="此操作要求使用通行密钥登录，而您的账户还没有通行密钥。",
    en="This asks for a login by passkey, and your account has none yet.",
)
TO_ACCOUNT: Final = Said(zh="前往账户页面", en="To your account")

LOGOUT: Final = Said(zh="退出登录", en="Log out")
LOGOUT_ASKED: Final = Said(
    zh="要在此浏览器中退出登录吗？",
    en="Do you want to log out in this browser?",
)
LEFT: Final = Said(zh="您已退出登录", en="You are logged out")
LEFT_MORE: Final = Said(
    zh="已授权的客户端不受影响。",
    en="What you have authorised clients to do is not ended by this.",
)

ACCOUNT: Final = Said(zh="我的账户", en="Your account")
LOGGED_IN_AS: Final = Said(zh="用户名：{username}", en="You log in as {username}.")
ORGANISATIONS: Final = Said(zh="我的机构", en="Your organisations")
NO_ORGANISATION: Final = Said(
    zh="您目前不属于任何机构。",
    en="You belong to no organisation now.",
)
CHANGE_PASSWORD: Final = Said(zh="更改密码", en="Change your password")
PRESENT: Final = Said(zh="当前密码", en="Present password")
NEW: Final = Said(zh="新密码", en="New password")
NEW_AGAIN: Final = Said(zh="再次输入新密码", en="New password, once more")
NEW_HINT: Final = Said(
    zh="12 到 128 个字符。任何字符都可以，例如四五个词。",
    en="12 to 128 characters of any kind, such as four or five words.",
)
CHANGING_ENDS: Final = Said(
    zh="更改密码会结束您在其他浏览器中的登录，并撤销您对客户端的全部授权。",
    en="Changing it ends your logins in all other browsers, and revokes what you have "
    "authorised clients to do.",
)
PRESENT_WRONG: Final = Said(zh="当前密码不正确。", en="The present password is wrong.")
NOT_THE_SAME: Final = Said(
    zh="两次输入的新密码不一致。",
    en="The new password is not the same both times.",
)
CHANGED: Final = Said(zh="密码已更改。", en="Your password is changed.")
BROWSERS: Final = Said(zh="登录中的浏览器", en="Where you are logged in")
THIS_ONE: Final = Said(zh="当前浏览器", en="this browser")
SINCE: Final = Said(zh="{at} 起（UTC）", en="since {at} UTC")
BY_PASSWORD: Final = Said(zh="使用密码", en="by password")
BY_PASSKEY: Final = Said(zh="使用通行密钥", en="by passkey")
END_ONE: Final = Said(zh="结束", en="End")
END_OTHERS: Final = Said(zh="结束其他所有登录", en="End all others")

WEAK: Final[dict[type[Refusal], Said]] = {
    PasswordShort: Said(
        zh="密码太短：至少需要 12 个字符，例如四五个词。",
        en="The password is too short: 12 characters or more are needed, such as four or "
        "five words.",
    ),
    PasswordLong: Said(
        zh="密码太长：最多 128 个字符。",
        en="The password is too long: at most 128 characters.",
    ),
    PasswordCommon: Said(
        zh="这个密码很容易被猜到：它很常见，或是重复的字符、键盘上的一排键，"
        "或是您或您机构的名称。请换一个。",
        en="This password is easily guessed: many people have it, or it repeats itself, or is a "
        "row of the keyboard, or your own or your organisation's name. Choose another.",
    ),
}
"""Why a password cannot be chosen."""
