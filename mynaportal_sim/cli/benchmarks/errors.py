"""What can stop a measurement.

BenchError
├── LoadError             a server answered otherwise than it must
├── ServerError           a server did not start
├── NoPeerError           there is nothing to be compared with
└── NoPrivatePcscdError   no smart card service of one's own can be run
"""

from mynaportal_sim.errors import PortalError


class BenchError(PortalError):
    """Something was not as a measurement needs it; its figure would mean nothing."""


class LoadError(BenchError):
    """A server under load gave another answer than it must."""


class ServerError(BenchError):
    """A server could not be started."""


class NoPeerError(BenchError):
    """The peer cannot be run here; the text says why."""


class NoPrivatePcscdError(BenchError):
    """This machine lacks what a private smart card service needs; the text says what."""
