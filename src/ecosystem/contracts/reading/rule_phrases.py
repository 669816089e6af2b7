"""The phrases in which payment rules are told, in Chinese and English."""

from typing import Final

from ecosystem.identity.login.languages import Said

JOIN: Final = Said("；", "; ")
PERCENT: Final = Said("{percent}%", "{percent} %")
END: Final = Said("。", ".")
FIXED: Final = Said("{milestone}验收后支付 {amount}", "{amount} once {milestone} is accepted")
UNIT: Final = Said("每单位{metric}支付 {price}", "{price} for each unit of {metric}")
AT_MOST: Final = Said("累计不超过 {amount}", "{amount} at most over the whole contract")
AVAILABILITY: Final = Said(
    "每期 {charge}，扣除各项失效时段的加权比例：{areas}",
    "{charge} for each period, less the weighted share of sessions that failed: {areas}",
)
AREA: Final = Said(
    "{metric}权重 {weight}，共 {sessions} 个时段",
    "{metric} with a weight of {weight}, of {sessions} sessions",
)
THRESHOLD: Final = Said(
    "满足{match}条件的每期支付 {pays}，否则不付：{conditions}",
    "{pays} for each period in which {match} of these hold, and nothing otherwise: {conditions}",
)
ALL: Final = Said("全部", "all")
ANY: Final = Said("任一", "any")
REACHES: Final = Said("{metric}{compares} {target}", "{metric} is {compares} {target}")
COMPARES: Final = {
    ("higher", True): Said("不低于", "at least"),
    ("higher", False): Said("高于", "above"),
    ("lower", True): Said("不高于", "at most"),
    ("lower", False): Said("低于", "below"),
}
SLAB: Final = Said("按{metric}所在区间整额支付：{bands}", "By the band of {metric}: {bands}")
SATISFACTION: Final = Said(
    "有效样本不少于 {sample} 份时，按{metric}所在区间整额支付：{bands}",
    "By the band of {metric}, where at least {sample} people answered: {bands}",
)
FIGURES: Final = {
    "value": Said("{metric}", "{metric}"),
    "lower": Said("{metric}置信区间的下限", "the lower end of the interval of {metric}"),
    "upper": Said("{metric}置信区间的上限", "the upper end of the interval of {metric}"),
}
BAND: Final = Said("{lower}{upper}：{pays}", "{lower}{upper}: {pays}")
FROM: Final = {
    True: Said("{value} 起", "from {value}"),
    False: Said("{value} 以上", "above {value}"),
}
TO: Final = {
    True: Said("至 {value}（含）", " up to and including {value}"),
    False: Said("至 {value}（不含）", " to below {value}"),
}
CLIFF: Final = Said(
    "注意：{metric}为 {value} 处金额陡变 {jump}，为本条每期至多变动额的 {share}。",
    "Mind that where {metric} is {value}, what is paid jumps by {jump}, {share} of the most that "
    "this rule moves in a period.",
)
MARGINAL: Final = Said(
    "{metric}自 {lower} 起逐段计价：{bands}",
    "For each unit of {metric} from {lower} on, by the band in which it lies: {bands}",
)
PORTION: Final = Said("至 {upto} 每单位 {price}", "up to {upto}, {price} each")
REST: Final = Said("其余每单位 {price}", "the rest, {price} each")
LINEAR: Final = Said(
    "{metric}为 {start} 时 {least}，为 {end} 时 {most}，其间按直线，其外取近端",
    "{least} where {metric} is {start}, {most} where it is {end}, on a straight line between, "
    "and beyond them as at the nearer",
)
SAVINGS: Final = Said(
    "{metric}的 {until} 归供应方，直至得到 {claim}，其后 {after}",
    "{until} of {metric} until {claim} is paid, and {after} of what comes after",
)
COMPOSITE: Final = Said(
    "每期以 {amount} 乘加权得分支付：{parts}",
    "{amount} times a weighted score of each period: {parts}",
)
PART: Final = Said(
    "{metric}权重 {weight}，{worst} 为零分，{best} 为满分",
    "{metric} with a weight of {weight}, nothing at {worst} and all of it at {best}",
)
GATES: Final = Said(
    "不满足下列任一条件则不付：{gates}", "nothing unless all of these hold: {gates}"
)
CREDIT: Final = Said(
    "从每期 {charge} 中按{metric}扣减，取最重一档：{steps}",
    "Deducted from the {charge} of each period by {metric}, the worst step counting: {steps}",
)
STEP: Final = Said("{compares} {value}：扣 {rate}", "{compares} {value}: {rate}")
CAP: Final = Said("扣减不超过 {cap}", "{cap} at most")
DAYS: Final = Said(
    "{what}超过 {allowed} 日的，每日扣减 {per_day}",
    "{per_day} deducted for each day of {what} beyond {allowed}",
)
LATE: Final = Said("{milestone}逾期", "delay of {milestone}")
POINTS: Final = Said(
    "{metric}超过 {free} 分的部分，每分扣减 {value}，逐段乘以：{bands}",
    "{value} deducted for each point of {metric} beyond {free}, multiplied by bands: {bands}",
)
RATCHET: Final = Said("至 {upto} 分 {multiplier} 倍", "up to {upto} points by {multiplier}")
RATCHET_REST: Final = Said("其余 {multiplier} 倍", "the rest by {multiplier}")
GAIN_PAIN: Final = Said(
    "以{metric}与目标成本 {target} 之差分担：{ranges}",
    "A share of the difference between {metric} and the target cost of {target}: {ranges}",
)
RANGE: Final = Said(
    "目标成本的 {lower}% 至 {upper}%：供应方 {share}",
    "between {lower} % and {upper} % of it, {share} is the supplier's",
)
RANGE_REST: Final = Said(
    "目标成本的 {lower}% 以上：供应方 {share}", "above {lower} % of it, {share} is the supplier's"
)
ADVANCE: Final = Said(
    "{milestone}验收后预付 {amount}；累计核定超过合同价的 {after} 后，{recovered}",
    "{amount} in advance once {milestone} is accepted, {recovered}, once more than {after} of the "
    "contract value is certified",
)
RECOVERED: Final = {
    ("gross", "this"): Said(
        "按每期核定额的 {rate} 扣回", "recovered at {rate} of each amount certified"
    ),
    ("net", "this"): Said(
        "按每期核定额扣除保留金后的 {rate} 扣回",
        "recovered at {rate} of each amount certified less retention",
    ),
    ("gross", "cumulative"): Said(
        "按累计核定额的 {rate} 减去已扣回额扣回",
        "recovered at {rate} of all that is certified so far, less what was recovered before",
    ),
    ("net", "cumulative"): Said(
        "按累计核定额扣除保留金后的 {rate} 减去已扣回额扣回",
        "recovered at {rate} of all that is certified so far less retention, less what was "
        "recovered before",
    ),
}
RETENTION: Final = Said(
    "每期核定额留置 {rate}，同时留置不超过 {limit}；释放：{releases}",
    "{rate} of what is certified is held, {limit} at most at a time; released: {releases}",
)
RELEASE: Final = Said("{milestone}验收后 {share}", "{share} once {milestone} is accepted")
RELEASE_ON: Final = Said("{day}起 {share}", "{share} from {day} on")
INDICATOR: Final = Said(
    "按{metric}评分，满分 {points} 分，每分 {per_point}：得分为满分乘以{over}除以{under}，至多满分",
    "{per_point} for each point of a score of {points} at most: {points} times {over} over {under}",
)
TARGET: Final = Said("目标值 {target}", "the target of {target}")
INDEX: Final = Said(
    "{rules}在同一期的金额随价格调整，调整不超过 {most}：固定部分 {fixed}，{parts}",
    "What {rules} pay for the same period moves with prices, by {most} at most: "
    "{fixed} is fixed, {parts}",
)
WEIGHTED: Final = Said(
    "{weight} 随{metric}变动（基期 {base}）", "{weight} moves with {metric}, whose base is {base}"
)
WATERFALL: Final = Said(
    "应付款依次支付：{claims}，其余归供应方",
    "What is payable goes, in this order, to {claims}, and what is left to the supplier",
)
CLAIM: Final = Said("{code}至多 {amount}", "{code} up to {amount}")
RIGHT: Final = Said(
    "{metric}在连续 {periods} 期中有 {times} 期{compares} {value} 的，产生解除权；本条不付款",
    "A right to end the contract arises once {metric} is {compares} {value} in {times} of "
    "{periods} periods that follow each other; nothing is paid",
)
