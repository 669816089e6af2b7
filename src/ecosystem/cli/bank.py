"""A bank for the demonstration: it books what it was told to pay, and says so in ISO 20022."""

from datetime import date
from typing import Final

from lxml import etree

_NOTIFICATION: Final = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


def booked(initiation: bytes, reference: str, *, on: date) -> bytes:
    """Return the notification (camt.054) that the first transfer of a file is booked."""
    ordered = etree.fromstring(initiation)

    def said(path: str) -> str:
        return ordered.findtext(f".//{{*}}{path}") or ""

    amount = said("InstdAmt")
    currency = ordered.find(".//{*}InstdAmt")
    coin = "" if currency is None else currency.get("Ccy", "")
    account = said("DbtrAcct/{*}Id/{*}Othr/{*}Id")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{_NOTIFICATION}"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{reference}</MsgId><CreDtTm>{on.isoformat()}T12:00:00Z</CreDtTm></GrpHdr>
<Ntfctn><Id>{reference}</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>
<Ntry><Amt Ccy="{coin}">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>{on.isoformat()}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>
<BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>{said("EndToEndId")}</EndToEndId></Refs></TxDtls>
</NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>
""".encode()
