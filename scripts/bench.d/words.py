"""What cities ask for: titles and descriptions of needs, in Chinese and English, made up."""

import random
from collections.abc import Iterator
from typing import Final

Text = tuple[str, str]

_PLACES: Final[tuple[Text, ...]] = (
    ("南山区", "Nanshan"), ("福田区", "Futian"), ("宝安区", "Bao'an"), ("龙岗区", "Longgang"),
    ("光明区", "Guangming"), ("盐田区", "Yantian"), ("天河区", "Tianhe"), ("番禺区", "Panyu"),
    ("海珠区", "Haizhu"), ("浦东新区", "Pudong"), ("徐汇区", "Xuhui"), ("青浦区", "Qingpu"),
    ("朝阳区", "Chaoyang"), ("海淀区", "Haidian"), ("通州区", "Tongzhou"), ("余杭区", "Yuhang"),
    ("滨江区", "Binjiang"), ("鼓楼区", "Gulou"), ("雨花台区", "Yuhuatai"), ("武侯区", "Wuhou"),
    ("高新区", "High-tech Zone"), ("江北新区", "Jiangbei"), ("渝中区", "Yuzhong"),
    ("雁塔区", "Yanta"), ("岳麓区", "Yuelu"), ("思明区", "Siming"),
)  # fmt: skip
_SUBJECTS: Final[tuple[Text, ...]] = (
    ("污水处理厂", "sewage works"), ("城市数据平台", "city data platform"),
    ("交通信号控制系统", "traffic signals"), ("供水管网", "water supply network"),
    ("生活垃圾分类收运", "collection of sorted waste"), ("道路照明", "street lighting"),
    ("公共停车场", "public parking"), ("政务服务热线", "citizens' hotline"),
    ("社区养老服务", "care for the elderly"), ("应急指挥中心", "emergency centre"),
    ("公园绿地养护", "parks and greenery"), ("排水防涝设施", "drainage against floods"),
    ("空气质量监测网", "air quality monitoring"), ("电动汽车充电站", "charging stations"),
    ("市政桥梁健康监测", "monitoring of bridges"), ("图书馆与文化馆", "libraries and culture"),
    ("中小学校园网络", "school networks"), ("医院后勤保障", "hospital logistics"),
    ("地下综合管廊", "utility tunnels"), ("产业园区公共服务", "services of industrial parks"),
    ("河道水环境", "river quality"), ("物业与楼宇节能", "energy saving in buildings"),
    ("公交车辆调度", "dispatch of buses"), ("食品安全溯源", "tracing of food"),
)  # fmt: skip
_WORKS: Final[tuple[Text, ...]] = (
    ("运营服务", "Operation of the {}"), ("运行维护", "Upkeep of the {}"),
    ("效能提升", "Better results from the {}"), ("委托运营", "Delegated operation of the {}"),
    ("绩效付费运营", "Outcome-paid operation of the {}"),
)  # fmt: skip
_SENTENCES: Final[tuple[Text, ...]] = (
    ("现有设施已建成多年，使用率不足六成，故障响应超过四十八小时。",
     "Built years ago, used below sixty per cent, and waiting two days for each repair."),
    ("本项目按运营成效付费，指标由独立第三方核验，核验结果向社会公开。",
     "Payment follows outcomes, which a third party verifies and everyone reads."),
    ("供应商须接入统一数据目录，按月共享运行数据，并保障个人信息安全。",
     "The supplier joins the catalogue of data, shares records, and keeps people's privacy."),
    ("服务期三年，首年设基线，其后逐年提高目标值，未达标的相应扣减。",
     "Three years: the first sets the baseline, each next raises the target; shortfalls cost."),
    ("鼓励企业、智库与金融机构组成联合体，资金方案与运营方案一并提交。",
     "Enterprises, think tanks and banks may join; money and operation are offered together."),
    ("须满足国家标准与地方规范，夜间与节假日值守，重大活动期间加强保障。",
     "National standards hold; nights and holidays are staffed, and great events have more."),
    ("居民满意度不低于百分之九十，投诉七日内办结，结果纳入年度评价。",
     "Nine of ten residents are content, and complaints end within a week."),
    ("鼓励采用人工智能与物联感知技术，减少人工巡检，降低能耗与排放。",
     "Sensors and learning machines spare inspection, energy and emissions."),
)  # fmt: skip

CHINESE: Final = ("污水", "交通", "供水", "养老")
"""Two characters each, found in about one need of 24."""
ENGLISH: Final = ("sewage", "traffic", "elderly", "charging")
"""Found in about one need of 24."""
RARE: Final = "罕用"
"""Found in RARE_COUNT needs, however many there are."""
RARE_COUNT: Final = 20


def texts(count: int) -> Iterator[tuple[Text, Text]]:
    """Yield titles and descriptions, `count` of them, the same at every call.

    The first holds the rare word.
    """
    dice = random.Random(20_260_101)  # noqa: S311 - the same texts each time, and no secret
    for number in range(count):
        place, subject = dice.choice(_PLACES), _SUBJECTS[number % len(_SUBJECTS)]
        work, years = dice.choice(_WORKS), dice.randint(1, 5)
        title = (
            f"{place[0]}{subject[0]}{years}年期{work[0]}",
            f"{place[1]}: {work[1].format(subject[1])}, {years} years",
        )
        if number == 0:
            title = (f"{title[0]}（{RARE}设备）", f"{title[1]} (rare equipment)")
        said = dice.sample(_SENTENCES, k=4)
        yield title, ("".join(one[0] for one in said), " ".join(one[1] for one in said))
