"""What comes over the wire."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def counted_bytes(host: str, port: int) -> Iterator[tuple[int, list[int]]]:
    """A port that leads to a server, and how many bytes came from there, piece by piece."""
    received: list[int] = []
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    _start(threads, _lead, client, socket.create_connection((host, port)), received)

        _start(threads, serve)
        yield listening.getsockname()[1], received
        listening.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def _start(threads: list[threading.Thread], target: Callable[..., None], *arguments: object) -> None:
    threads.append(threading.Thread(target=target, args=arguments))
    threads[-1].start()


def _lead(client: socket.socket, server: socket.socket, received: list[int]) -> None:
    with client, server:
        back = threading.Thread(target=_pass_on, args=(server, client, received))
        back.start()
        _pass_on(client, server, [])
        back.join()


def _pass_on(source: socket.socket, target: socket.socket, sizes: list[int]) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sizes.append(len(data))
            target.sendall(data)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
