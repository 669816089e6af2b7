"""The words in which a contract is laid out, in Chinese and English."""

from typing import Final

from ecosystem.identity.login.languages import Said

CONTRACT: Final = Said("合同编号", "Contract")
STATE: Final = Said("状态", "State")
STATES: Final = {
    "draft": Said("草案，尚未生效", "draft, not in force"),
    "cancelled": Said("未签署即取消", "cancelled before it was signed"),
    "active": Said("已生效", "in force"),
    "suspended": Said("已中止", "suspended"),
    "completed": Said("已完成", "completed"),
    "terminated": Said("已终止", "terminated"),
}
VERSION: Final = Said("记录版本", "Version of the record")
EDITION: Final = Said("签署版次", "Edition signed")
AS_OF: Final = Said("当时所知（UTC）", "As known at (UTC)")
VALID_AT: Final = Said("当时有效（UTC）", "As in force at (UTC)")
CORRECTED: Final = Said("此后更正（UTC）", "Corrected since (UTC)")
CORRECTION: Final = Said("{type}，{at}", "{type}, {at}")
FORM: Final = Said("标准合同", "Standard form")
OPERATION: Final = Said("运营类别与阶段", "Operation and phases")
OPERATIONS: Final = {
    "data": Said("数据运营", "data"),
    "facility": Said("设施运营", "facility"),
    "service": Said("服务运营", "service"),
}
PHASES: Final = {
    "construction": Said("建设", "construction"),
    "operation": Said("运营", "operation"),
}
VALUE: Final = Said("合同价", "Value")
PERIOD: Final = Said("期限", "Period")
UNTIL: Final = Said("{first} 起，至 {last} 前一日止", "from {first} up to the day before {last}")
DIGEST: Final = Said("条款摘要（SHA-256）", "Digest of the terms (SHA-256)")
PARTIES: Final = Said("当事人", "Parties")
ROLE: Final = Said("身份", "Place")
KIND: Final = Said("类别", "Kind")
KINDS: Final = {
    "government": Said("政府", "government"),
    "enterprise": Said("企业", "enterprise"),
    "think_tank": Said("智库", "think tank"),
    "financial_institution": Said("金融机构", "financial institution"),
    "auditor": Said("审计机构", "auditor"),
    "platform": Said("平台", "platform"),
}
NAME: Final = Said("名称", "Name")
ORGANISATION: Final = Said("机构标识", "Identifier")
SHARE: Final = Said("份额（%）", "Share (%)")
ROLES: Final = {
    "buyer": Said("采购人", "buyer"),
    "supplier": Said("供应方", "supplier"),
    "verifier": Said("核验方", "verifier"),
    "lender": Said("融资方", "lender"),
}
LEAD: Final = Said("（牵头）", " (lead)")
LIABLE: Final = {
    ("supplier", "joint"): Said(
        "供应方为联合体：各成员就合同承担连带责任，各自收款份额如上。",
        "The suppliers are a consortium: each is liable for the whole, jointly with the others, "
        "and is paid the share above.",
    ),
    ("supplier", "several"): Said(
        "供应方为联合体：各成员仅就其份额承担责任，各自收款份额如上。",
        "The suppliers are a consortium: each is liable for its own share alone, "
        "and is paid the share above.",
    ),
    ("lender", "joint"): Said(
        "融资方为银团：各成员就融资承担连带责任，各自份额如上。",
        "The lenders are a consortium: each is liable for the whole, jointly with the others, "
        "and lends the share above.",
    ),
    ("lender", "several"): Said(
        "融资方为银团：各成员仅就其份额承担责任，各自份额如上。",
        "The lenders are a consortium: each is liable for its own share alone, "
        "and lends the share above.",
    ),
}
CODED: Final = Said("{title}（{code}）", "{title} ({code})")
CLAUSES: Final = Said("条款", "Clauses")
AGREED: Final = Said("约定值", "Values agreed")
MILESTONES: Final = Said("里程碑", "Milestones")
CODE: Final = Said("代码", "Code")
WHAT: Final = Said("内容", "What")
DUE: Final = Said("到期日", "Due on")
ACCEPTED_WITHIN: Final = Said("验收期限（日）", "Accepted within (days)")
EVIDENCE: Final = Said("证据", "Evidence")
MILESTONE_KINDS: Final = {
    "delivery": Said("交付", "delivery"),
    "operation": Said("运营", "operation"),
    "outcome": Said("成效", "outcome"),
    "reporting": Said("报告", "reporting"),
    "financing": Said("融资", "financing"),
}
CONDITIONS: Final = Said("条件", "Conditions")
SHOWN_BY: Final = Said("以指标 {metrics} 证明", "shown by {metrics}")
AFTER: Final = Said("在 {codes} 验收之后", "after {codes} is accepted")
EARLY: Final = Said("可提前提交", "may be submitted earlier")
CONFIRMED: Final = Said("验收前须经核验方确认", "confirmed by the verifier before it is accepted")
METRICS: Final = Said("成效指标", "Metrics")
AIM: Final = Said("目标", "Target")
AIMS: Final = {
    True: Said("由 {baseline} 至 {target}（{unit}）", "from {baseline} to {target} ({unit})"),
    False: Said("{target}（{unit}）", "{target} ({unit})"),
}
MEASURED: Final = Said(
    "每{period}一次，{better}。来源：{source}方法：{method}由{role}核验：{verification}",
    "Each {period}. {better}. Source: {source} Method: {method} "
    "Verification, by the {role}: {verification}",
)
BETTER: Final = {
    "higher": Said("越高越好", "The higher the better"),
    "lower": Said("越低越好", "The lower the better"),
}
OBSERVED: Final = Said(
    "每{window}观测一次；每期的值为{aggregation}。每期须有 {completeness} 的时段经核验；"
    "时段结束 {days} 日后报送为迟报；日与时按 {zone} 计算。",
    "Observed each {window}; the value of a period is {aggregation}. {completeness} of the windows "
    "of a period must be verified; more than {days} days after its window an observation is late; "
    "days and hours are those of {zone}.",
)
WINDOWS: Final = {"hour": Said("小时", "hour"), "day": Said("日", "day")}
AGGREGATIONS: Final = {
    "sum": Said("各时段之和", "the sum of its windows"),
    "mean": Said("各时段的平均值", "the mean of its windows"),
    "minimum": Said("各时段的最小值", "the lowest of its windows"),
    "maximum": Said("各时段的最大值", "the highest of its windows"),
    "last": Said("最后一个时段的值", "that of its last window"),
    "count": Said("观测的次数", "the number of observations"),
    "ratio_of_sums": Said("分子之和与分母之和的比", "the ratio of the sums of its parts"),
    "percentile": Said(
        "各时段的百分位数（最近秩）", "a percentile of its windows, by nearest rank"
    ),
    "availability": Said(
        "各时段按小时加权的平均值，缺失计为零",
        "the mean of its windows by their hours, a missing one counting as nothing",
    ),
}
AT_PERCENTILE: Final = Said("{aggregation}：{percent}", "{aggregation}: {percent}")
TIMES: Final = Said("{aggregation}乘以 {factor}", "{aggregation} times {factor}")
PERCENT: Final = Said("{percent}%", "{percent} %")
PERIODS: Final = {
    "month": Said("月", "month"),
    "quarter": Said("季度", "quarter"),
    "half_year": Said("半年", "half-year"),
    "year": Said("年", "year"),
}
SURVEY: Final = Said(
    "抽样调查：{statistic}{scale}，{sampling}抽样，{mode}；有效样本不少于 {sample} 份，"
    "应答比例不低于 {response}，否则不予认定；置信水平 {confidence}。",
    "A survey: {statistic}{scale}, a {sampling} sample, asked {mode}; with fewer than {sample} "
    "answers, or less than {response} of those asked, it proves nothing; interval at {confidence}.",
)
STATISTICS: Final = {
    "proportion": Said("比例", "a proportion"),
    "mean": Said("评分均值", "a mean of ratings"),
}
MODES: Final = {
    "online": Said("网络", "online"),
    "telephone": Said("电话", "by telephone"),
    "face_to_face": Said("面访", "face to face"),
    "post": Said("邮寄", "by post"),
    "mixed": Said("多种方式", "in several ways"),
}
SAMPLINGS: Final = {
    "simple_random": Said("简单随机", "simple random"),
    "systematic": Said("等距", "systematic"),
    "stratified": Said("分层随机", "stratified random"),
}
STOP: Final = Said("。", ".")
JOIN: Final = Said("；", "; ")
RULES: Final = Said("付款规则", "Payment rules")
IN_WORDS: Final = Said(
    "以下文字由规则数据生成；以数据为准。",
    "These words are made from the rules' data; where they leave a doubt, the data decides.",
)
STANDARDS: Final = Said("引用标准", "Standards")
DATA_TERMS: Final = Said("数据条款", "Terms of data")
ACCESS: Final = {
    "open": Said("开放", "open"),
    "conditional": Said("有条件", "on conditions"),
    "restricted": Said("受限", "restricted"),
}
CHANGES: Final = Said("变更", "Changes")
TERMINATION: Final = Said("终止", "Termination")
NOTICE: Final = Said(
    "{text}（由{holder}行使{when}，提前 {days} 日通知。）",
    "{text} (Held by the {holder}{when}; {days} days' notice.)",
)
TRIGGER: Final = Said(
    "，连续 {periods} 期中有 {times} 期 {metric} 劣于 {value} 时",
    ", once {metric} is worse than {value} in {times} of {periods} periods that follow each other",
)
HOLDERS: Final = {
    "buyer": Said("采购人", "buyer"),
    "supplier": Said("供应方", "supplier"),
    "either": Said("任一方", "buyer or the supplier"),
}
SIGNATURES: Final = Said("签署", "Signatures")
UNSIGNED: Final = Said("尚无签署。", "Nobody has signed yet.")
SIGNED_AT: Final = Said("签署时间（UTC）", "Signed at (UTC)")
OWN_KEY: Final = Said("自有密钥（RFC 7638 指纹）", "Own key (RFC 7638 thumbprint)")
