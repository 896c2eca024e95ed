"""The commands by which programs are made to trust a root, for people to run themselves."""

import shlex
from pathlib import Path

from mynaportal_sim.cli.trust_stores import CHROMIUM, DEBIAN, FEDORA, BrowserStore
from mynaportal_sim.tls.store import Root

_KEYCHAIN = "~/Library/Keychains/login.keychain-db"


def ways(root: Root, portal: str, home: Path) -> dict[str, str]:
    """Each program or system, and its command; `portal` is a URL to try one with."""
    file = shlex.quote(str(root.path.absolute()))
    chromium = BrowserStore("Chromium", home / CHROMIUM).adding(root)
    return {
        "Debian, Ubuntu": _chained(DEBIAN.adding(root)),
        "Fedora": _chained(FEDORA.adding(root)),
        "macOS": f"security add-trusted-cert -r trustRoot -p ssl -k {_KEYCHAIN} {file}",
        "Chromium on Linux": f"{shlex.join(chromium)}  # of Debian's libnss3-tools",
        "Firefox": f"about:preferences#privacy, View Certificates, Authorities, Import {file}",
        "curl": f"curl --cacert {file} {portal}/",
        "Python": f"export SSL_CERT_FILE={file}  # requests: REQUESTS_CA_BUNDLE",
        "Node": f"export NODE_EXTRA_CA_CERTS={file}",
    }


def _chained(commands: list[list[str]]) -> str:
    return " && ".join(map(shlex.join, commands))
