"""What can be wrong with an erasure.

ErasureError
├── NoSuchErasureError     the app has no such duty
└── ErasureSettledError    the step cannot follow on what the case has come to; carries .state
    └── ErasureNoFurtherError   a certificate settles no more than the one before

That a certificate is not taken is no error but a `Fault`.
"""

from mynaportal_sim.errors import PortalError


class ErasureError(PortalError):
    """Base of every error this room raises on purpose."""


class NoSuchErasureError(ErasureError):
    """The app has no such duty."""

    def __init__(self) -> None:
        super().__init__("this app has no such erasure to do")


class ErasureSettledError(ErasureError):
    """What was to happen to a case cannot, since it has come further."""

    def __init__(self, state: str, step: str) -> None:
        super().__init__(f"cannot {step} an erasure that is {state}")
        self.state = state


class ErasureNoFurtherError(ErasureSettledError):
    """A certificate leaves open what one before had settled, or settles nothing new."""

    def __str__(self) -> str:
        return f"{super().__str__()}: bring again what was certified before, and something new"
