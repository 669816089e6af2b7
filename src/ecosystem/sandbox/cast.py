"""Who is seeded: the organisations of a sandbox and their people, by short names."""

from typing import Final

import msgspec

from ecosystem.values.actor import OrganisationKind, Role
from ecosystem.values.text import Text


class Someone(msgspec.Struct, frozen=True):
    """A person to be."""

    key: str
    name: Text
    roles: tuple[Role, ...]


class Casting(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation to be; its administrator is its first person."""

    key: str
    kind: OrganisationKind
    name: Text
    jurisdiction: str
    identifier: str
    """Its CN-USC, made up, with a check digit that fits."""
    administrator: Text
    people: tuple[Someone, ...]
    has_reader: bool = False
    """Whether it also has a client with a secret, which only reads and drafts."""


def _who(key: str, zh: str, en: str, *roles: Role) -> Someone:
    return Someone(key, Text(zh=zh, en=en), roles)


OPERATOR: Final = Text(zh="平台运营员 安宁", en="An Ning, operator")
PLATFORM: Final = Text(
    zh="城市数字运营平台（沙盒）", en="City digital-operation platform (sandbox)"
)

PROFILES: Final = {
    "440300": "sandbox",
    "440303": "cn-government-procurement",
    "440304": "eu-directives",
}
"""The city waits for nothing; in two of its districts the rules of a law can be tried."""

CAST: Final = (
    Casting(
        key="city",
        kind=OrganisationKind.GOVERNMENT,
        name=Text(
            zh="深圳市城市数字运营局（沙盒）", en="Shenzhen City Operations Bureau (sandbox)"
        ),
        jurisdiction="440300",
        identifier="11440300MA5K00A10K",
        administrator=Text(zh="陈管理", en="Chen Guanli"),
        people=(
            _who("officer", "李采", "Li Cai", Role.OFFICER),
            _who("second_officer", "刘办", "Liu Ban", Role.OFFICER),
            _who("opener", "王启", "Wang Qi", Role.OPENER),
            _who("second_opener", "赵封", "Zhao Feng", Role.OPENER),
            _who("reserve_opener", "孙备", "Sun Bei", Role.OPENER),
            _who("evaluator", "周评", "Zhou Ping", Role.EVALUATOR),
            _who("second_evaluator", "吴审", "Wu Shen", Role.EVALUATOR),
            _who("approver", "郑批", "Zheng Pi", Role.APPROVER),
            _who("treasurer", "冯库", "Feng Ku", Role.TREASURER),
            _who("signatory", "褚签", "Chu Qian", Role.SIGNATORY),
        ),
    ),
    Casting(
        key="enterprise",
        kind=OrganisationKind.ENTERPRISE,
        name=Text(zh="鹏城数字运营有限公司（沙盒）", en="Pengcheng Digital Operations (sandbox)"),
        jurisdiction="440300",
        identifier="91440300MA5K00A10B",
        administrator=Text(zh="卫管理", en="Wei Guanli"),
        people=(
            _who("bidder", "蒋投", "Jiang Tou", Role.BIDDER),
            _who("delivery", "沈运", "Shen Yun", Role.DELIVERY),
            _who("signatory", "韩签", "Han Qian", Role.SIGNATORY),
        ),
        has_reader=True,
    ),
    Casting(
        key="second_enterprise",
        kind=OrganisationKind.ENTERPRISE,
        name=Text(zh="南山城市服务股份公司（沙盒）", en="Nanshan City Services (sandbox)"),
        jurisdiction="440305",
        identifier="91440300MA5K00B101",
        administrator=Text(zh="杨管理", en="Yang Guanli"),
        people=(
            _who("bidder", "朱投", "Zhu Tou", Role.BIDDER),
            _who("delivery", "秦运", "Qin Yun", Role.DELIVERY),
            _who("signatory", "尤签", "You Qian", Role.SIGNATORY),
        ),
    ),
    Casting(
        key="think_tank",
        kind=OrganisationKind.THINK_TANK,
        name=Text(
            zh="大湾区城市科学研究院（沙盒）", en="Bay Area Institute of Urban Science (sandbox)"
        ),
        jurisdiction="440300",
        identifier="12440300MA5K00A10G",
        administrator=Text(zh="许管理", en="Xu Guanli"),
        people=(
            _who("bidder", "何研", "He Yan", Role.BIDDER),
            _who("verifier", "吕验", "Lü Yan", Role.VERIFIER),
            _who("evaluator", "施评", "Shi Ping", Role.EVALUATOR),
            _who("delivery", "张运", "Zhang Yun", Role.DELIVERY),
            _who("signatory", "孔签", "Kong Qian", Role.SIGNATORY),
        ),
    ),
    Casting(
        key="verifier",
        kind=OrganisationKind.THINK_TANK,
        name=Text(zh="独立成效核验中心（沙盒）", en="Independent Centre for Outcomes (sandbox)"),
        jurisdiction="110000",
        identifier="12110000MA5K00A10G",
        administrator=Text(zh="曹管理", en="Cao Guanli"),
        people=(
            _who("verifier", "严验", "Yan Yan", Role.VERIFIER),
            _who("evaluator", "华评", "Hua Ping", Role.EVALUATOR),
            _who("signatory", "金签", "Jin Qian", Role.SIGNATORY),
        ),
    ),
    Casting(
        key="bank",
        kind=OrganisationKind.FINANCIAL_INSTITUTION,
        name=Text(zh="南方城市发展银行（沙盒）", en="Southern City Development Bank (sandbox)"),
        jurisdiction="440300",
        identifier="91440300MA5K00C11R",
        administrator=Text(zh="魏管理", en="Wei Guanli"),
        people=(
            _who("bidder", "陶投", "Tao Tou", Role.BIDDER),
            _who("lender", "姜贷", "Jiang Dai", Role.LENDER),
            _who("signatory", "戚签", "Qi Qian", Role.SIGNATORY),
        ),
    ),
    Casting(
        key="auditor",
        kind=OrganisationKind.AUDITOR,
        name=Text(zh="广东省数字审计办公室（沙盒）", en="Guangdong Digital Audit Office (sandbox)"),
        jurisdiction="440000",
        identifier="11440000MA5K00A104",
        administrator=Text(zh="谢管理", en="Xie Guanli"),
        people=(_who("auditor", "邹审", "Zou Shen", Role.AUDITOR),),
    ),
    Casting(
        key="oversight",
        kind=OrganisationKind.GOVERNMENT,
        name=Text(zh="广东省采购监督处（沙盒）", en="Guangdong Procurement Oversight (sandbox)"),
        jurisdiction="440000",
        identifier="11440000MA5K00B10R",
        administrator=Text(zh="喻管理", en="Yu Guanli"),
        people=(_who("reviewer", "柏裁", "Bai Cai", Role.REVIEWER),),
    ),
)
