"""The portal of the pages' tests."""

from tests.mynaportal_sim.web.conftest import portal, prepared

__all__ = ["portal", "prepared"]
