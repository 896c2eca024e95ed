"""What can be wrong with an app.

AppError
├── RegistrationError        what an app declares is refused; carries .field
│   └── PrivateKeyGivenError
├── DeclaredMeanwhileError   the app declares something else by now
├── KeysMeanwhileError       other keys of its recipients were registered first
├── NoSuchInviteError
└── NoSuchAppError
"""

from mynaportal_sim.errors import PortalError


class AppError(PortalError):
    """Base of every error this room raises on purpose."""


class RegistrationError(AppError):
    """An app cannot be registered like this; the text says what to change, and where.

    `fault` is that without the `field`, a message of the catalogue with %(name)s for each of
    `values`.
    """

    def __init__(self, field: str, fault: str, **values: object) -> None:
        super().__init__(f"{field}: {fault % values}")
        self.field = field
        self.fault = fault
        self.values = values


class PrivateKeyGivenError(RegistrationError):
    """The key set holds a private key, which from now on must count as known to others."""


class NoSuchInviteError(AppError):
    """There is no invitation of that id."""

    def __init__(self, invite_id: str) -> None:
        super().__init__(f"there is no invitation {invite_id}; see `mynasim app invites`")
        self.invite_id = invite_id


class NoSuchAppError(AppError):
    """No app is registered under that client_id."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"no app is registered as {client_id}")
        self.client_id = client_id


class KeysMeanwhileError(AppError):
    """The keys of an app's recipients were changed by somebody else at the same time."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"other keys were registered for {client_id} meanwhile; try again")
        self.client_id = client_id


class DeclaredMeanwhileError(AppError):
    """Another declaration is the newest; look at it before declaring or reviewing."""

    def __init__(self, client_id: str) -> None:
        super().__init__(
            f"{client_id} declares something else by now; look at it first: "
            f"mynasim app declarations {client_id}"
        )
        self.client_id = client_id
