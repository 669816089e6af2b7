"""One whole partnership through the published API: from a budget to an audited payment."""

from typing import Final

from ecosystem.cli import bidding, delivering
from ecosystem.cli.world import Step

STEPS: Final = (
    Step("各方就位", "The parties meet", bidding.begin),
    Step("预算下达", "A budget for operation", bidding.budget),
    Step("开标密钥", "Keys of those who open", bidding.keys),
    Step("发布需求", "The city publishes its need", bidding.need),
    Step("公开答疑", "A question, answered in public", bidding.question),
    Step("程序接入", "Programs get tokens of their own", bidding.programs),
    Step("密封投标", "Three sealed offers", bidding.offers),
    Step("双人开标", "Two officers open them", bidding.opening),
    Step("独立评审", "Evaluation by a published formula", bidding.evaluation),
    Step("决标公示", "Award, approved by another", bidding.award),
    Step("签订合同", "The contract, signed by all", delivering.contract),
    Step("里程碑验收", "A milestone, with evidence", delivering.milestone),
    Step("首笔支付", "What is accepted is paid", delivering.payment),
    Step("成效核验与支付", "An outcome, verified, is paid", delivering.outcome),
    Step("审计追溯", "The auditor looks back", delivering.audit),
)
