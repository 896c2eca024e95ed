"""What an app can get wrong at the FHIR face. Each is answered as an OperationOutcome.

PhrError                         carries .status and .code (FHIR IssueType)
├── InvalidParameterError        a search value, or the query as a whole, is malformed
├── UnsupportedParameterError    a search parameter or modifier is not known here
├── NoSuchResourceError          no such resource, or none that the app may know of
├── UnsupportedTypeError         resources of this type are not offered
├── UnsupportedInteractionError  resources can be read and searched, and nothing else
└── NotAcceptableError           the app wants another format than JSON
"""

from typing import ClassVar

from mynaportal_sim.errors import PortalError


class PhrError(PortalError):
    """Base of every error this room raises on purpose."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"


class InvalidParameterError(PhrError):
    """A search parameter's value, or the query as a whole, is malformed."""

    code = "value"


class UnsupportedParameterError(PhrError):
    """A search parameter or modifier is not known for this type."""

    code = "not-supported"


class NoSuchResourceError(PhrError):
    """There is no such resource; one outside the consent is answered alike."""

    status = 404
    code = "not-found"

    def __init__(self) -> None:
        super().__init__("no resource of this type has this id")


class UnsupportedTypeError(PhrError):
    """Resources of this type are not offered here."""

    status = 404
    code = "not-supported"


class UnsupportedInteractionError(PhrError):
    """Resources can be read and searched here, and nothing else."""

    status = 405
    code = "not-supported"


class NotAcceptableError(PhrError):
    """The app wants another format than JSON."""

    status = 406
    code = "not-supported"

    def __init__(self) -> None:
        super().__init__("this server speaks application/fhir+json only")
