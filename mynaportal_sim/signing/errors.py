"""What can go wrong with signed consents and their receipts.

PortalError
├── LoginRefusedError
│   └── SignatureRefusedError   the public face of a Refusal of a signature
└── MalformedReceiptError
"""

from mynaportal_sim.errors import PortalError
from mynaportal_sim.login.errors import LoginRefusedError


class SignatureRefusedError(LoginRefusedError):
    """A signature under a consent was refused; nothing was consented to."""

    text = "the signature was refused, and nothing was consented to"


class MalformedReceiptError(PortalError):
    """The bytes are no receipt of a consent."""

    def __init__(self) -> None:
        super().__init__("this is no receipt of a consent as it was saved")
