"""Where witnesses are: `KEY@URL`, a verifier key of type 0x04 and the prefix of its URLs."""

from typing import NamedTuple, Self
from urllib.parse import urlsplit

from consent.ledger.cosignature import Witness
from consent.ledger.errors import MalformedError


class WitnessPlace(NamedTuple):
    """A witness, and where it listens."""

    witness: Witness
    url: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """A place from `KEY@URL`.

        Raises:
            MalformedError: it is none, with what is wrong.
        """
        key, at, url = text.strip().rpartition("@")
        try:
            parts = urlsplit(url)
        except ValueError:  # such as brackets that hold no address
            parts = urlsplit("")
        if not at or parts.scheme not in {"http", "https"} or not parts.netloc:
            raise MalformedError(
                f"{text!r} is no witness: give KEY@URL, as `mynasim ledger witness` prints it"
            )
        return cls(Witness.parse(key), url.rstrip("/"))

    def __str__(self) -> str:
        return f"{self.witness}@{self.url}"
