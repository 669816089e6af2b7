"""What people read about passkeys, in Chinese and in English."""

from typing import Final

from ecosystem.identity.login.languages import Said
from ecosystem.identity.login.passkeys import rules
from ecosystem.values.refusal import Refusal

PASSKEYS: Final = Said(zh="通行密钥", en="Passkeys")
WHAT: Final = Said(
    zh="通行密钥让您用设备的指纹、面容或 PIN 登录，无需密码。开标、决标、签署和批准支付都需要它。",
    en="With a passkey you log in by the fingerprint, face or PIN of your device, without a "
    "password. Openings, awards, signatures and approvals of payments need one.",
)
NONE: Final = Said(zh="您还没有通行密钥。", en="You have no passkey yet.")
LOG_IN: Final = Said(zh="使用通行密钥登录", en="Log in with a passkey")

FIRST_PASSWORD: Final = Said(
    zh="还没有通行密钥？请先用密码登录，然后在账户页面添加。",
    en="No passkey yet? Log in with your password, and add one on the page of your account.",
)
ADD: Final = Said(zh="添加通行密钥", en="Add a passkey")
LABEL: Final = Said(zh="通行密钥名称", en="What to call the passkey")
LABEL_HINT: Final = Said(
    zh="例如保存它的设备名称。", en="Such as the name of the device that keeps it."
)
RENAME: Final = Said(zh="重命名", en="Rename")
REMOVE: Final = Said(zh="删除", en="Remove")
NEW_LABEL: Final = Said(zh="“{label}”的新名称", en="A new name for “{label}”")
ADDED: Final = Said(zh="{at} 添加（UTC）", en="added {at} UTC")
USED: Final = Said(zh="{at} 最近使用（UTC）", en="last used {at} UTC")
NEVER_USED: Final = Said(zh="尚未使用", en="not used yet")
BACKED_UP: Final = Said(zh="已同步备份", en="kept in copies by its maker")
SUSPECTED: Final = Said(
    zh="可能被复制（{at} UTC）：请删除它",
    en="perhaps somebody has a copy ({at} UTC): remove it",
)
LOG_IN_AGAIN: Final = Said(
    zh="要更改通行密钥，请再次登录：登录后 15 分钟内可以更改。",
    en="To change your passkeys, log in again: you can for 15 minutes after a login.",
)
LOG_IN_BY_PASSKEY: Final = Said(
    zh="您已有通行密钥。要添加、重命名或删除通行密钥，请用通行密钥登录。",
    en="You have a passkey already. To add, rename or remove one, log in with a passkey.",
)
NEEDS_SCRIPT: Final = Said(
    zh="使用通行密钥需要 JavaScript，而您的浏览器没有启用；您仍可使用密码。",
    en="A passkey needs JavaScript, which is off in this browser; your password still works.",
)
UNSUPPORTED: Final = Said(
    zh="此浏览器在此地址不能使用通行密钥；您仍可使用密码。",
    en="This browser can use no passkey at this address; your password still works.",
)
FAILED: Final = Said(
    zh="没有使用通行密钥：您已取消、等待过久，或此设备上没有适用的通行密钥。请重试。",
    en="No passkey was used: it was cancelled, took too long, or this device has none for here. "
    "Please try again.",
)
NO_NAME: Final = Said(
    zh="此服务的地址是 IP 地址，浏览器只在有域名的地址（或 localhost）使用通行密钥。请联系运营方。",
    en="This service is reached by a bare address of the network, and browsers use passkeys only "
    "where there is a domain, or localhost. Ask its operator.",
)
WRONG: Final = Said(
    zh="通行密钥未被接受。请重试，或使用密码登录。",
    en="The passkey was not accepted. Try again, or use your password.",
)
EXPIRED: Final = Said(
    zh="等待过久，或此页面已用过。请重试。",
    en="It took too long, or was answered already. Please try again.",
)
SUSPECT: Final = Said(
    zh="此通行密钥的计数倒退了，可能有人复制了它，因此未被接受。请用另一方式登录并查看账户页面。",
    en="The counter of this passkey went back, so somebody may have a copy; it was not accepted. "
    "Log in another way, and see the page of your account.",
)
GONE: Final = Said(zh="此通行密钥已不存在。", en="This passkey is not there any more.")
REFUSED: Final[dict[type[Refusal], Said]] = {
    rules.LoginOld: LOG_IN_AGAIN,
    rules.LoginEnded: LOG_IN_AGAIN,
    rules.PasskeyLoginNeeded: LOG_IN_BY_PASSKEY,
    rules.PasskeyKnown: Said(
        zh="这个通行密钥已经注册过。", en="This passkey is registered already."
    ),
    rules.PasskeysEnough: Said(
        zh="最多可有 20 个通行密钥。请先删除一个。",
        en="You have 20 passkeys, and cannot have more. Remove one first.",
    ),
    rules.LabelUnfit: Said(
        zh="名称须为 1 到 60 个可见字符。",
        en="A name has 1 to 60 characters that can be seen.",
    ),
}
"""Why passkeys cannot be changed as was asked."""
