"""A card that was read, as a sheet for people."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from card_reader.client.genuine import Finding, Outcome, Step
from card_reader.client.whole import Application, Bearer, Part, WholeCard
from card_reader.spec import CREDENTIALS, Kind
from card_reader.spec.person import Sex
from card_reader.spec.token import TokenFlag
from mynaportal_sim.cli.answer import plain
from mynaportal_sim.cli.certificate import described

Row = tuple[str, RenderableType]

BEARERS: dict[Bearer, str] = {
    Bearer.CARD: "個人番号カード (card)",
    Bearer.CHILD: "個人番号カード、15歳未満 (a child's card: no signing certificate)",
    Bearer.NO_PIN: "顔認証マイナンバーカード (card without a PIN)",
    Bearer.PHONE: "スマートフォン (phone: certificates only)",
    Bearer.NEXT: "次期個人番号カード（仮想） (next card, hypothetical: P-384)",
}
APPLICATIONS: dict[Application, str] = {
    Application.JPKI: "公的個人認証AP (JPKI)",
    Application.TEXT: "券面事項入力補助AP (text)",
    Application.VISUAL: "券面事項確認AP (visual)",
    Application.JUKI: "住基AP (resident register)",
    Application.COMMON: "共通カードAP (card)",
}
SEXES: dict[Sex, str] = {
    Sex.MALE: "男 (male)",
    Sex.FEMALE: "女 (female)",
    Sex.NOT_APPLICABLE: "適用不能 (not applicable)",
}
CERTIFICATES: dict[Kind, str] = {
    Kind.USER_AUTHENTICATION: "利用者証明用 authentication",
    Kind.SIGNING: "署名用 signing",
}
PARTS: dict[Part, str] = {
    Part.TEXT: "文字 text",
    Part.FACE: "画像 face",
    Part.BIRTH: "生年月日の記録 birth",
    Part.MY_NUMBER_IMAGE: "個人番号の画像 number",
}
STEPS: dict[Step, str] = {
    Step.ISSUER: "署名者の証明書 signer's certificate",
    Step.RECORD: "記録の署名 record's signature",
    Step.POSSESSION: "カードの秘密鍵 card's own key",
    Step.INTEGRITY: "ハッシュ値の署名 digests' signature",
    Step.MY_NUMBER: "個人番号のハッシュ値 digest of the number",
    Step.ATTRIBUTES: "4情報のハッシュ値 digest of the attributes",
    Step.AGREEMENT: "文字との一致 agreement with the text",
}
_MARKS = {
    Outcome.HOLDS: ("✓", "green"),
    Outcome.FAILS: ("✗", "red"),
    Outcome.NOT_CHECKED: ("-", "dim"),
}
_GENUINE = {
    True: Text("真正 genuine", "green"),
    False: Text("真正と確認できません NOT GENUINE", "bold red"),
    None: Text("発行者は未確認 issuer not checked", "yellow"),
}
"""What a verdict says in all."""


def sheet(whole: WholeCard, pictures: Mapping[str, Path], *, marked: bool) -> Group:
    """The card for people, in sections of at most 80 columns."""
    sections = (
        ("カード card", _of_card(whole, marked)),
        ("アプリ情報 applications", _of_applications(whole)),
        ("券面の文字 text", _of_text(whole)),
        ("券面の画像 face", _of_face(whole, pictures)),
        ("電子証明書 certificates", _of_certificates(whole)),
        ("真正性 genuineness", _of_verdicts(whole)),
        ("暗証番号 tries left", _of_tries(whole)),
        ("読み取れなかった項目 unreadable", ((" ", plain(it)) for it in whole.unreadable)),
    )
    return Group(*_spaced(sections))


def _spaced(sections: tuple[tuple[str, Iterator[Row]], ...]) -> Iterator[RenderableType]:
    for heading, rows in sections:
        table = Table.grid(padding=(0, 2))
        table.add_column(width=21, style="dim")
        table.add_column(max_width=57, overflow="fold")
        for name, value in rows:
            table.add_row(name, value)
        if table.row_count:
            yield Rule(Text(heading, "bold"), align="left", style="dim")
            yield table


def _of_card(whole: WholeCard, marked: bool) -> Iterator[Row]:
    yield "種類 kind", BEARERS[whole.bearer]
    warning = Text("NO: this may be a real card, so only what is free was read", "bold yellow")
    yield "模擬 simulation", "yes" if marked else warning
    if record := whole.record:
        yield "カードの番号 serial", record.serial
        yield "有効期限 expires", day(record.expires)
        yield "市区町村 municipality", record.municipality
    yield "アプリ applications", "\n".join(APPLICATIONS[it] for it in whole.applications)


def _of_applications(whole: WholeCard) -> Iterator[Row]:
    """What applications say of themselves: nothing of the person."""
    yield "トークン token", plain(whole.label)
    if token := whole.token:
        yield "製造者 maker", plain(f"{token.manufacturer} {token.model}".strip())
        yield "シリアル番号 serial", plain(token.serial or "-")
        versions = f"{token.hardware_version} / {token.firmware_version}"
        yield "版 hardware/firmware", plain(versions)
        yield "フラグ flags", ", ".join(flag_names(token.flags))
    if told := whole.text_information:
        yield "入力補助 text", _informed(told.version, told.key_id)
    if shown := whole.visual_information:
        version = f"版 version {shown.surface_version}, 市区町村 {shown.municipality}"
        yield "確認 visual", f"{_informed(shown.version, shown.key_id)}\n{version}"
    if juki := whole.juki_record:
        yield "住基 register", f"鍵ID key id {juki.key_id.hex().upper()}"


def _informed(layout: bytes, key_id: bytes) -> str:
    return f"{layout.hex(' ').upper()}, 鍵ID key id {key_id.hex().upper()}"


def flag_names(flags: TokenFlag) -> list[str]:
    """Each flag by its name in PKCS #11; what has none, as one number."""
    known = [it.name for it in TokenFlag if it in flags and it.name]
    nameless = flags & ~TokenFlag(sum(TokenFlag))
    return [*known, *([f"0x{nameless:X}"] if nameless else [])]


def _of_text(whole: WholeCard) -> Iterator[Row]:
    if Application.TEXT not in whole.applications:
        return
    if read := whole.attributes:
        yield "氏名 name", plain(read.name)
        yield "住所 address", plain(read.address)
        yield "生年月日 born", day(read.born)
        yield "性別 sex", SEXES[read.sex]
    else:
        yield "4情報 attributes", _closed("券面事項入力補助用の暗証番号 (--text-pin)")
    hidden = Text("••••••••••••  not read (--my-number)", "dim")
    yield "個人番号 my number", whole.my_number.digits if whole.my_number else hidden


def _of_face(whole: WholeCard, pictures: Mapping[str, Path]) -> Iterator[Row]:
    if Application.VISUAL not in whole.applications:
        return
    if birth := whole.birth:
        yield "生年月日 born", day(birth.born)
    if not whole.face:
        yield "顔写真 portrait", _closed("照合番号B (--number-b)")
        return
    yield "有効期限 expires", day(whole.face.expires)
    for name, path in pictures.items():
        yield PICTURES[name], Text(str(path), f"link {path.as_uri()}")
    if not pictures:
        size = len(whole.face.portrait)
        yield "顔写真 portrait", f"JPEG 2000, {size:,} bytes (--out FOLDER keeps it)"


PICTURES = {
    "portrait.png": "顔写真 portrait",
    "portrait.jp2": "顔写真 as on the card",
    "name.png": "氏名 name",
    "address.png": "住所 address",
    "security-code.png": "セキュリティコード security code",
    "my-number.png": "個人番号 my number",
}
"""Names of the images of the face."""


def _of_certificates(whole: WholeCard) -> Iterator[Row]:
    for kind, name in CERTIFICATES.items():
        if kind not in whole.certificates:
            yield name, Text("なし none", "dim")
        elif (der := whole.certificates[kind]) is None:
            yield name, _closed(CREDENTIALS[kind].pin.name_ja)
        else:
            told = described(der)
            validity = f"{told['not_before'][:10]} .. {told['not_after'][:10]}"
            yield name, Text("\n").join((plain(told["subject"]), Text(validity)))


def _of_verdicts(whole: WholeCard) -> Iterator[Row]:
    for part, verdict in whole.verdicts.items():
        steps = [_step(it) for it in verdict.findings]
        yield PARTS[part], Text("\n").join((_GENUINE[verdict.genuine], *steps))


def _of_tries(whole: WholeCard) -> Iterator[Row]:
    for it in whole.tries:
        style = "red" if not it.left else "yellow" if it.left == 1 else ""
        left = Text(f"{it.left:>2} / {it.rule.tries:<2}  ", style)
        where = Text(f"{it.rule.name} ({it.application} {it.ef:04X})", "dim")
        yield (
            it.rule.name_ja.removesuffix("の暗証番号").removesuffix("電子証明書"),
            left + where,
        )


def _step(finding: Finding) -> Text:
    reason = f": {finding.reason}" if finding.reason else ""
    return Text.assemble(_MARKS[finding.outcome], f" {STEPS[finding.step]}{reason}")


def _closed(opener: str) -> Text:
    return Text(f"未読取 not opened: {opener}", "dim")


def day(digits: str) -> str:
    """YYYYMMDD as YYYY-MM-DD."""
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
