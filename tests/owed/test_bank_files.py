"""Bank statements as payments: OFX, CAMT.053, MT940 and BAI2, each told by what stands in it."""

import datetime as dt
from pathlib import Path

import pytest

from owed.bank_files import read_payments, told_by
from reconciliation.matching.items import PaymentLine

OFX = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260105120000<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>GBP
<BANKACCTFROM><BANKID>200000<ACCTID>12345678<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260101<DTEND>20260105
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260102<TRNAMT>250.00<FITID>F1<NAME>ACME LTD<MEMO>INV-1001 thank you</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260103<TRNAMT>-10.50<FITID>F2<NAME>BANK CHARGES</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>1239.50<DTASOF>20260105</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-05T12:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><Acct><Id><IBAN>NL02ABNA0123456789</IBAN></Id></Acct>
<Ntry><Amt Ccy="EUR">250.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-02</Dt></BookgDt>
<AcctSvcrRef>A1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>E2E-1</EndToEndId></Refs>
<RltdPties><Dbtr><Nm>Acme GmbH</Nm></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>INV-1001</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">300.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-03</Dt></BookgDt>
<AcctSvcrRef>A2</AcctSvcrRef><NtryDtls>
<TxDtls><Amt Ccy="EUR">100.00</Amt><RltdPties><Dbtr><Nm>Brook</Nm></Dbtr></RltdPties><RmtInf><Ustrd>INV-2</Ustrd></RmtInf></TxDtls>
<TxDtls><Amt Ccy="EUR">200.00</Amt><RltdPties><Dbtr><Nm>Cedar</Nm></Dbtr></RltdPties><RmtInf><Ustrd>INV-3</Ustrd></RmtInf></TxDtls>
</NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-03</Dt></BookgDt>
<AddtlNtryInf>Bank charges</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="EUR">999.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2026-01-06</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""

MT940 = """:20:STMT1
:25:NL02ABNA0123456789
:28C:1/1
:60F:C260101EUR1000,00
:61:2601020102C250,00NTRFNONREF//BANKREF1
:86:/TRTP/SEPA OVERBOEKING/IBAN/DE89370400440532013000/BIC/COBADEFF/NAME/ACME GMBH/REMI/INV-1001/EREF/E2E-1
:61:2601030103D10,00NCHGNONREF//FEE1
:86:Bank charges
:62F:C260103EUR1240,00
-"""

BAI2 = """01,122099999,123456789,260102,0200,1,65,,2/
02,123456789,122099999,1,260102,,USD,2/
03,0975312468,USD,010,500000,,,190,70000,4,0/
16,165,250000,Z,REF1,CUST1,ACME INC INV-1001/
16,475,1000,,REF2,,Bank fee/
49,570000,4/
98,570000,1,6/
99,570000,1,8/"""


def read(folder: Path, text: str, name: str = "statement.txt", encoding: str = "utf-8") -> list[PaymentLine]:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    payments, problems = read_payments(path)
    assert problems == []
    return payments


def test_each_format_is_told_by_what_stands_in_it() -> None:
    assert [told_by(text) for text in (OFX, CAMT, MT940, BAI2)] == ["ofx", "camt053", "mt940", "bai2"]
    assert told_by("payment_id,date,amount,currency\n") == "csv"


def test_ofx(tmp_path: Path) -> None:
    first, second = read(tmp_path, OFX)
    assert (first.id, first.paid_on, first.amount, first.currency) == ("F1", dt.date(2026, 1, 2), 25_000, "GBP")
    assert (first.payer_name, first.reference) == ("ACME LTD", "INV-1001 thank you")
    assert (second.amount, second.payer_name) == (-1_050, "BANK CHARGES")


def test_camt053_shows_each_payment_of_a_batch_and_nothing_that_is_pending(tmp_path: Path) -> None:
    first, second, third, charges = read(tmp_path, CAMT)
    assert (first.id, first.paid_on, first.amount, first.currency) == ("A1", dt.date(2026, 1, 2), 25_000, "EUR")
    assert (first.payer_name, first.payer_account) == ("Acme GmbH", "DE89370400440532013000")
    assert first.reference == "INV-1001 E2E-1"
    assert [(one.amount, one.payer_name, one.reference) for one in (second, third)] == [
        (10_000, "Brook", "INV-2"),
        (20_000, "Cedar", "INV-3"),
    ]
    assert len({second.id, third.id}) == 2
    assert (charges.amount, charges.reference) == (-1_000, "Bank charges")


def test_mt940_with_the_codes_of_field_86(tmp_path: Path) -> None:
    first, charges = read(tmp_path, MT940)
    assert (first.id, first.paid_on, first.amount, first.currency) == ("BANKREF1", dt.date(2026, 1, 2), 25_000, "EUR")
    assert (first.payer_name, first.payer_account) == ("ACME GMBH", "DE89370400440532013000")
    assert first.reference == "INV-1001 E2E-1"
    assert (charges.amount, charges.reference) == (-1_000, "Bank charges")


def test_mt940_of_an_older_bank_is_not_utf8(tmp_path: Path) -> None:
    text = MT940.replace("ACME GMBH", "M\u00dcLLER GMBH")
    assert read(tmp_path, text, encoding="cp1252")[0].payer_name == "M\u00dcLLER GMBH"


def test_bai2(tmp_path: Path) -> None:
    first, fee = read(tmp_path, BAI2)
    assert (first.id, first.paid_on, first.amount, first.currency) == ("REF1", dt.date(2026, 1, 2), 250_000, "USD")
    assert "INV-1001" in first.reference
    assert fee.amount == -1_000


@pytest.mark.parametrize("text", [OFX, CAMT, MT940, BAI2])
@pytest.mark.parametrize("cut", [0.2, 0.5, 0.8])
def test_a_broken_statement_is_one_line_or_what_could_be_read(tmp_path: Path, text: str, cut: float) -> None:
    path = tmp_path / "broken.txt"
    path.write_text(text[: int(len(text) * cut)])
    payments, problems = read_payments(path)
    assert payments or problems or text is MT940
    assert all(len(str(problem).splitlines()) == 1 for problem in problems)


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xml"
    path.write_text(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + CAMT.partition("?>")[2].replace("Acme GmbH", "&a;")
    )
    payments, problems = read_payments(path)
    assert "root:" not in f"{payments} {problems}"
