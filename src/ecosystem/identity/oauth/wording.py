"""What a person reads when a client asks her for something, in Chinese and in English."""

from typing import Final

from ecosystem.identity.login.languages import Language, Said
from ecosystem.identity.oauth.authorising import Trouble

_ACTS: Final = {
    "read": Said(zh="查看{thing}", en="Read {thing}"),
    "draft": Said(zh="起草{thing}", en="Draft {thing}"),
    "write": Said(zh="提交和更改{thing}", en="Submit and change {thing}"),
    "open": Said(zh="打开密封的{thing}", en="Open sealed {thing}"),
    "sign": Said(zh="签署{thing}", en="Sign {thing}"),
}
_THINGS: Final = {
    "organisations": Said(zh="机构及其人员和客户端", en="organisations, their people and clients"),
    "needs": Said(zh="需求", en="needs"),
    "offers": Said(zh="投标", en="offers"),
    "awards": Said(zh="决标", en="awards"),
    "contracts": Said(zh="合同", en="contracts"),
    "milestones": Said(zh="里程碑", en="milestones"),
    "outcomes": Said(zh="成效", en="outcomes"),
    "budgets": Said(zh="预算", en="budgets"),
    "payments": Said(zh="支付", en="payments"),
    "history": Said(zh="历史记录", en="the record of what was done"),
    "documents": Said(zh="文件", en="documents"),
    "findings": Said(zh="审计发现", en="what auditors have found"),
    "webhooks": Said(zh="事件推送", en="webhooks, which send events to an address"),
}

TITLE: Final = Said(zh="授权", en="Authorise a client")
ASKS: Final = Said(
    zh="{organisation}的客户端“{client}”请求以您的名义：",
    en="{client}, a client of {organisation}, asks to do this in your name:",
)
LASTS: Final = Said(
    zh="授权在 14 天后失效。客户端能做的不会超过您在该机构中的职责。",
    en="This lasts for 14 days. The client can do no more than your roles allow.",
)
FOR: Final = Said(zh="代表哪个机构", en="For which organisation")
NONE: Final = Said(
    zh="您不是此客户端可代表的任何机构的成员。",
    en="You belong to no organisation that this client may act for.",
)
GOES: Final = Said(zh="之后您将返回：", en="Afterwards you return to")
ALLOW: Final = Said(zh="同意", en="Allow")
AS_WHOM: Final = Said(zh="您以{person}的身份登录。", en="You are logged in as {person}.")
ANOTHER: Final = Said(zh="使用其他账户", en="Use another account")
REFUSE: Final = Said(zh="拒绝", en="Refuse")
TROUBLE_TITLE: Final = Said(zh="无法授权", en="This cannot be authorised")
TROUBLES: Final = {
    Trouble.MALFORMED: Said(
        zh="请求有误：某个参数重复，或含有不允许的字符。",
        en="The request is malformed: a parameter is given twice, or holds what none may hold.",
    ),
    Trouble.CLIENT_UNKNOWN: Said(
        zh="没有这个客户端，或它已被停用。",
        en="There is no such client, or it has been deactivated.",
    ),
    Trouble.ADDRESS_UNKNOWN: Said(
        zh="返回地址 (redirect_uri) 未经此客户端登记。",
        en="The client has not registered the address to return to (redirect_uri).",
    ),
    Trouble.REQUEST_UNKNOWN: Said(
        zh="该请求已过期或已被答复。请在客户端中重新开始。",
        en="The request has expired, or was answered before. Begin again at the client.",
    ),
    Trouble.FORGED: Said(
        zh="答复并非来自您刚才看到的页面，或您的登录已结束。请在客户端中重新开始。",
        en="The answer is not from the page that you saw, or your login has ended. "
        "Begin again at the client.",
    ),
    Trouble.UNVERIFIED: Said(
        zh="客户端的请求无法满足。其所属机构尚未核验，因此不会自动将您带往它的地址。",
        en="What the client asks cannot be granted. Its organisation is not verified, so you are "
        "not sent on to its address.",
    ),
    Trouble.NOT_A_MEMBER: Said(
        zh="请选择一个您所属的机构。",
        en="Choose an organisation that you belong to.",
    ),
}


def scope(name: str, language: Language) -> str:
    """Return what a scope lets a client do, in words."""
    thing, _, act = name.partition(":")
    return _ACTS[act].told(language, thing=_THINGS[thing].told(language))
