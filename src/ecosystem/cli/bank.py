"""A bank for the demonstration: it books what it was told to pay, and says so in ISO 20022."""

from datetime import date
from typing import Final

from lxml import etree

_Element = etree._Element  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
"""What lxml makes: its public name is a factory, no type."""
_NOTIFICATION: Final = "urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"


def booked(initiation: bytes, reference: str, *, on: date) -> bytes:
    """Return the notification (camt.054) that each transfer of a file is booked."""
    ordered = etree.fromstring(initiation)
    account = ordered.findtext(".//{*}DbtrAcct/{*}Id/{*}Othr/{*}Id") or ""
    transfers = ordered.findall(".//{*}CdtTrfTxInf")
    entries = "\n".join(
        _entry(one, f"{reference}/{place}" if len(transfers) > 1 else reference, on=on)
        for place, one in enumerate(transfers, start=1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{_NOTIFICATION}"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{reference}</MsgId><CreDtTm>{on.isoformat()}T12:00:00Z</CreDtTm></GrpHdr>
<Ntfctn><Id>{reference}</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>
{entries}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>
""".encode()


def _entry(transfer: _Element, reference: str, *, on: date) -> str:
    """Return that one transfer is booked."""
    name = transfer.findtext(".//{*}EndToEndId") or ""
    ordered = transfer.find(".//{*}InstdAmt")
    coin, amount = ("", "") if ordered is None else (ordered.get("Ccy", ""), ordered.text)
    return f"""<Ntry><Amt Ccy="{coin}">{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd>
<Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>{on.isoformat()}</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>
<BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs></TxDtls>
</NtryDtls></Ntry>"""
