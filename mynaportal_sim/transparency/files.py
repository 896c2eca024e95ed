"""Serves the log's public files (C2SP tlog-tiles), and nothing else of their directory."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from consent.ledger.static_files import CHECKPOINT

_MOMENT = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"


class LedgerFiles(StaticFiles):
    """The files that `consent.ledger.publish` writes; no database is asked."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        super().__init__(directory=directory)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file with the type and the caching that the specification gives it."""
        if any(part.startswith(".") for part in Path(path).parts):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        changes = path == CHECKPOINT
        kind = "text/plain; charset=utf-8" if changes else "application/octet-stream"
        response.headers["Content-Type"] = kind
        response.headers["Cache-Control"] = _MOMENT if changes else _FOR_EVER
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
