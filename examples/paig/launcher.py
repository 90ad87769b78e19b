"""Starts the service from a notebook, whose event loop runs already."""

from __future__ import annotations

import threading

from core.create_tables import create_or_update_tables


def launch_app(host: str = "127.0.0.1", port: int = 4545) -> threading.Thread:
    """Make or update the tables, and serve from a thread of its own."""
    create_or_update_tables()

    import uvicorn

    server = threading.Thread(
        target=uvicorn.run, args=("server:app",), kwargs={"host": host, "port": port}, daemon=True
    )
    server.start()
    return server
