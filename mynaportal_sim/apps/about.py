"""What an app says of itself beside its name: pages of its own, contacts, its software.

Nothing of this is fetched, and nothing is decided by it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Self

from mynaportal_sim.apps import uris
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.texts import named

CONTACTS_MAX = 10
NAMES_MAX = 10
_PAGES = ("client_uri", "tos_uri", "policy_uri", "logo_uri", "sector_identifier_uri")


@dataclass(frozen=True, slots=True)
class About:
    """What an app says of itself (RFC 7591 2); an empty text is nothing said.

    `names` are its name by language (BCP 47), where it has one in several. `signing_alg` is the
    one algorithm by which it says that it signs (token_endpoint_auth_signing_alg).
    """

    names: tuple[tuple[str, str], ...] = ()
    client_uri: str = ""
    tos_uri: str = ""
    policy_uri: str = ""
    logo_uri: str = ""
    sector_identifier_uri: str = ""
    contacts: tuple[str, ...] = ()
    software_id: str = ""
    software_version: str = ""
    signing_alg: str = ""

    def check(self) -> None:
        """Raise RegistrationError for what people could be misled by, or cannot follow."""
        _few("name", [name for _, name in self.names], NAMES_MAX)
        _few("contacts", self.contacts, CONTACTS_MAX)
        for page in _PAGES:
            if uri := getattr(self, page):
                uris.plausible(page, uri)
        for what in ("software_id", "software_version"):
            if getattr(self, what):
                named(what, getattr(self, what))

    def dump(self) -> str:
        """This as JSON, without what is not said."""
        said = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(said, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Self:
        """What `dump` made a text of."""
        said = json.loads(text)
        lists = {name for name in said if isinstance(said[name], list)}
        pairs = {name: tuple(map(_frozen, said[name])) for name in lists}
        return cls(**{**said, **pairs})


def _few(field: str, texts: Sequence[str], most: int) -> None:
    if len(texts) > most:
        raise RegistrationError(field, "give at most %(most)s", most=most)
    for text in texts:
        named(field, text)


def _frozen(value: str | list[str]) -> str | tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else value


SAYS_NOTHING = About()
PLAIN = tuple(one.name for one in fields(About) if one.name not in {"names", "signing_alg"})
"""What bears the same name in RFC 7591."""
