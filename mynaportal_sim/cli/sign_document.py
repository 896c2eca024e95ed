"""A document that a page in a browser asks somebody to sign, on the card's side."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from pydantic import BaseModel, ValidationError
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from card_reader.client.document import sign_document_once_verified
from card_reader.client.jpki import Jpki
from card_reader.client.signing import Signed
from card_reader.document.format import Format
from card_reader.spec import Kind
from mynaportal_sim.cli.answer import plain
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.second_device import SecondDevice
from mynaportal_sim.documents.model import PURPOSE, MediaType

_NOT_SHOWN = (
    "PDFはブラウザの画面で保存して読んでください。\nSave the PDF on the page and read it."
)
_KINDS = {MediaType.TEXT: "テキスト text", MediaType.PDF: "PDF"}


class _Described(BaseModel):
    app: str
    title: str
    media_type: MediaType
    format: Format


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was fetched, and what the portal says of it."""

    said: _Described
    content: bytes = field(repr=False)

    @classmethod
    def of(cls, device: SecondDevice) -> "Document | None":
        """What the portal asks to have signed; None where that is no document.

        Raises:
            CommandError: it is another than the challenge names, or not described.
        """
        if device.text is None or not device.challenge.purpose.startswith(PURPOSE):
            return None
        content = device.document()
        try:
            said = _Described.model_validate_json(device.text)
        except ValidationError:
            raise CommandError("the portal does not say what document this is") from None
        if device.challenge.purpose != f"{PURPOSE}{sha256(content).hexdigest()}":
            raise CommandError("the portal wants a signature for another document")
        if device.kind != Kind.SIGNING:
            raise CommandError("a document is signed by the certificate for signatures alone")
        return cls(said, content)

    @property
    def sha256(self) -> str:
        """Its hash, in hexadecimal."""
        return sha256(self.content).hexdigest()

    def shown(self) -> Panel:
        """What is signed, before it is."""
        table = Table.grid(padding=(0, 2))
        size, kind = f"{len(self.content):,} bytes", _KINDS[self.said.media_type]
        for heading, said in (
            ("題名 title", self.said.title),
            ("依頼元 who asks", self.said.app),
            ("種類 kind", f"{kind}, {size}"),
            ("SHA-256", self.sha256),
        ):
            table.add_row(Text(heading, "dim"), plain(said))
        return Panel(
            Group(table, Text(), self._read()),
            title="署名する文書 / the document you sign",
            expand=False,
        )

    def signed(self, jpki: Jpki, device: SecondDevice) -> Signed:
        """What the card makes of it, as of when the portal asked."""
        at = datetime.fromisoformat(device.challenge.issued_at)
        return sign_document_once_verified(jpki, self.said.format, self.content, at)

    def _read(self) -> Text:
        if self.said.media_type is MediaType.TEXT:
            lines = self.content.decode("utf-8", "replace").split("\n")
            return Text("\n").join(plain(line.removesuffix("\r")) for line in lines)
        return Text(_NOT_SHOWN)
