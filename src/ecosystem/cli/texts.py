"""What the parties of the demonstration write: a need, a question, three offers."""

from typing import Any, Final


def text(zh: str, en: str) -> dict[str, str]:
    """Return a text in both languages."""
    return {"zh": zh, "en": en}


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


NEED: Final[dict[str, Any]] = {
    "title": text("城市数据平台持续运营服务", "Continuous operation of the city data platform"),
    "description": text(
        "平台已建成三年，数据质量下降、使用不足。现按运营成效购买三年运营服务：数据质量、共享满足率、"
        "平台可用率和有效应用数，经独立智库核验后付费。",
        "The platform was built three years ago; its data ages and few use it. The city buys three "
        "years of operation by its outcomes: data quality, requests met, availability and "
        "applications in use, paid for when an independent think tank has verified them.",
    ),
    "sector": "urban_governance",
    "operation": "data",
    "phase": "operation",
    "jurisdiction": "440300",
    "invited_kinds": ["enterprise", "think_tank", "financial_institution"],
    "invited_offers": ["delivery", "financing"],
    "standards": ["GB/T 36073-2018", "GB/T 22239-2019"],
    "data_resources": [
        {
            "title": text("政务数据目录", "Catalogue of government data"),
            "classification": "internal",
            "licence": "contract-only",
            "terms": text("仅限履约使用", "For the performance of the contract alone"),
        }
    ],
    "contract_form": {"id": "city-data-platform-operation", "version": "1.0"},
    "lots": [
        {
            "title": text("平台运营", "Operation of the platform"),
            "ceiling": _money("12000000.00"),
            "criteria": [
                {
                    "code": "price",
                    "kind": "price",
                    "name": text("价格", "Price"),
                    "weight": "40",
                },
                {
                    "code": "quality",
                    "kind": "quality",
                    "name": text("运营方案", "Plan of operation"),
                    "weight": "40",
                },
                {
                    "code": "data-quality",
                    "kind": "metric_commitment",
                    "name": text("数据质量承诺", "Commitment to data quality"),
                    "weight": "20",
                },
            ],
            "outcomes": [
                {
                    "metric": "data-quality",
                    "name": text("数据质量达标率", "Records that conform"),
                    "unit": "percent",
                    "direction": "up",
                    "baseline": "88",
                    "target": "98",
                    "data_source": text("平台质检日志", "Quality log of the platform"),
                }
            ],
        }
    ],
}

SPECIFICATION: Final = """技术规格 / Technical specification

1. 平台按现有接口规范运行。 The platform keeps the interfaces that it has.
2. 数据质量按日检查并留存日志。 Data quality is checked daily, and the log is kept.
"""

QUESTION: Final = {
    "text": text("现有接口文档能否提供？", "Can the existing interfaces be documented for bidders?")
}

SOLO: Final[dict[str, Any]] = {
    "price": _money("10800000.00"),
    "metric_commitments": [{"metric": "data-quality", "value": "96"}],
    "proposal": text("驻场运营团队十二人。", "A team of twelve on site."),
}

CONSORTIUM: Final[dict[str, Any]] = {
    "price": _money("11200000.00"),
    "metric_commitments": [{"metric": "data-quality", "value": "98"}],
    "proposal": text(
        "企业运营、智库治理，数据质量按季公开。",
        "An enterprise operates, a think tank governs, and quality is published each quarter.",
    ),
}

FINANCING: Final[dict[str, Any]] = {
    "proposal": text("以已核验应收款为还款来源。", "Repaid from verified payables."),
    "financing": {
        "amount": _money("4000000.00"),
        "annual_rate": "3.85",
        "tenor_months": 36,
        "grace_months": 6,
        "fees": _money("12000.00"),
        "repayment": "equal_instalment",
        "security": [
            {
                "kind": "receivables",
                "description": text("本合同已核验应收款", "What is verified under the contract"),
            }
        ],
        "drawdowns": [
            {
                "share": "60",
                "condition": text("接管验收后", "When the take-over is accepted"),
                "milestone": "takeover",
            },
            {"share": "40", "condition": text("首季核验后", "When the first quarter is verified")},
        ],
    },
}
