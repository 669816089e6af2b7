"""What a bank says, made by hand: the least that each message of ISO 20022 must have."""

import uuid
from datetime import date
from typing import Final

ACCOUNT: Final = "6222021001112223334"
_ISO: Final = "urn:iso:std:iso:20022:tech:xsd:"
_AT: Final = "2026-06-01T09:00:00Z"
_SAID: Final = date(2026, 6, 1)


def notification(*entries: str, message_id: str = "", account: str = ACCOUNT) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{_ISO}camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{message_id or uuid.uuid4().hex}</MsgId>
<CreDtTm>{_AT}</CreDtTm></GrpHdr>
<Ntfctn><Id>1</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{"".join(entries)}</Ntfctn>
</BkToCstmrDbtCdtNtfctn></Document>""".encode()


def statement(*entries: str, message_id: str = "", counted: int | None = None) -> bytes:
    sums = (
        ""
        if counted is None
        else (f"<TxsSummry><TtlNtries><NbOfNtries>{counted}</NbOfNtries></TtlNtries></TxsSummry>")
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{_ISO}camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>{message_id or uuid.uuid4().hex}</MsgId>
<CreDtTm>{_AT}</CreDtTm></GrpHdr>
<Stmt><Id>1</Id><Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">1.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-06-01</Dt></Dt></Bal>{sums}{"".join(entries)}</Stmt>
</BkToCstmrStmt></Document>""".encode()


def entry(
    amount: str,
    *,
    names: str = "",
    reference: str = "",
    direction: str = "DBIT",
    currency: str = "CNY",
    booked_on: date = _SAID,
    status: str = "BOOK",
    returned: str = "",
    ordered_in: str = "",
) -> str:
    message = f"<MsgId>{ordered_in}</MsgId>" if ordered_in else ""
    named = message + (f"<EndToEndId>{names}</EndToEndId>" if names else "")
    back = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    return f"""<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>
<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>{booked_on}</Dt></BookgDt>
<AcctSvcrRef>{reference or uuid.uuid4().hex}</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd>
<SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs>{named}</Refs>{back}</TxDtls></NtryDtls></Ntry>"""


def status_report(
    original: str, *refused: str, message_id: str = "", group: str = "PART", code: str = "RJCT"
) -> bytes:
    told = "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>账户已销户</AddtlInf></StsRsnInf>"
    whole = told if group == "RJCT" else ""
    items = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{one}</OrgnlEndToEndId><TxSts>{code}</TxSts>{told}"
        "</TxInfAndSts>"
        for one in refused
    )
    listed = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{original}</OrgnlPmtInfId>{items}</OrgnlPmtInfAndSts>"
        if items
        else ""
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{_ISO}pain.002.001.12"><CstmrPmtStsRpt>
<GrpHdr><MsgId>{message_id or uuid.uuid4().hex}</MsgId>
<CreDtTm>{_AT}</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{original}</OrgnlMsgId>
<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>{group}</GrpSts>{whole}</OrgnlGrpInfAndSts>
{listed}</CstmrPmtStsRpt></Document>""".encode()
