"""What rows measure on: made when the first row needs it, gone when the run ends."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from consent.japan import day_of
from mynaportal_sim import world
from mynaportal_sim.cli.benchmarks import merkle_peer, peer, portal, presented
from mynaportal_sim.cli.benchmarks.contender import Contender
from mynaportal_sim.cli.benchmarks.effort import Effort
from mynaportal_sim.cli.benchmarks.errors import NoPeerError
from mynaportal_sim.cli.benchmarks.ledgers import some_leaves
from mynaportal_sim.cli.benchmarks.merkle_peer import MerklePeer
from mynaportal_sim.cli.benchmarks.server import free_port
from mynaportal_sim.clock import Clock
from mynaportal_sim.residents.model import CardState, Resident
from mynaportal_sim.settings import Mode, Settings

LEAVES = 100_000


class Rig:
    """A directory that is thrown away, a portal, leaves of a ledger, and the peers of both.

    Args:
        stack: what was started is stopped when it is closed.
        tell: is told what takes long.
    """

    def __init__(
        self, directory: Path, effort: Effort, stack: ExitStack, tell: Callable[[str], None]
    ) -> None:
        self.directory = directory
        self.effort = effort
        self._stack = stack
        self._tell = tell
        self.no_peer = ""
        self.no_merkle_peer = ""

    @cached_property
    def settings(self) -> Settings:
        """Those of the portal under test; nothing comes from the environment."""
        port = free_port()
        return Settings(
            data=self.directory / "portal",
            db=None,
            listen="127.0.0.1",
            expose=False,
            allow_host=(),
            sample_app=False,
            sample_app_port=None,
            ocsp=False,
            ocsp_port=None,
            port=port,
            issuer=f"http://localhost:{port}",
            mode=Mode.DEV,
            personas=None,
            workers=1,
        )

    @cached_property
    def people(self) -> list[Resident]:
        """The personas of age whose cards work; their data directory is prepared."""
        self._tell("preparing a data directory with every persona's card and records")
        self.settings.data.mkdir(mode=0o700, exist_ok=True)
        everyone, today = (
            world.prepare(self.settings, Clock(), self._tell),
            day_of(Clock().now()),
        )
        return [
            one
            for one in everyone
            if one.card.state is CardState.GOOD and one.age_on(today) >= self.settings.of_age
        ]

    @property
    def prepared(self) -> Path:
        """The portal's data directory, ready for a start."""
        _ = self.people
        return self.settings.data

    @cached_property
    def card(self) -> Path:
        """The emulated card of the first of the people."""
        person, *_ = self.people
        return self.settings.cards / f"{person.persona}.json"

    @cached_property
    def reader(self) -> str:
        """The reader in which that card lies; PC/SC reaches no other from now on."""
        place = self.directory / "pcscd"
        return self._stack.enter_context(presented.on_a_reader(place, self.card))

    @cached_property
    def portal(self) -> Contender:
        """The portal, serving."""
        person, *_ = self.people
        log = self.directory / "portal.log"
        settings = self.settings
        return self._stack.enter_context(
            portal.with_consent(settings.data, settings.port, log, person)
        )

    @cached_property
    def peer(self) -> Contender | None:
        """oidc-provider, serving; None where it cannot, and `no_peer` says why."""
        self._tell("installing oidc-provider, unless it was before")
        try:
            return self._stack.enter_context(peer.running(peer.install(), self.directory))
        except NoPeerError as error:
            self.no_peer = str(error)
            return None

    @cached_property
    def leaves(self) -> list[bytes]:
        """What every Merkle tree is made of."""
        return some_leaves(round(LEAVES * self.effort.share), Clock().now())

    @cached_property
    def merkle_peer(self) -> MerklePeer | None:
        """pymerkle with the leaves; None where it cannot run, and `no_merkle_peer` says why."""
        self._tell("installing pymerkle into a directory that is thrown away")
        file, place = self.directory / "leaves", self.directory / "pymerkle"
        file.write_bytes(b"".join(self.leaves))
        try:
            return self._stack.enter_context(
                merkle_peer.running(place, file, len(self.leaves[0]))
            )
        except NoPeerError as error:
            self.no_merkle_peer = str(error)
            return None
