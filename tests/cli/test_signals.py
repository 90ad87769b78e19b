"""Signals, where they are listened to."""

from __future__ import annotations

import signal
import subprocess
import sys

from support.cli import started

WAITS = """
import threading
from whimbrel.cli.signals import Signals
from whimbrel.interruption import Interruption

interruption = Interruption()
interruption.use(threading.Event().wait)  # the server that is asked to give it up does not answer
with Signals(interruption, lambda text: print(text, flush=True)), interruption:
    print("with the server", flush=True)
    threading.Event().wait()
"""


def test_the_second_signal_ends_the_process_though_the_server_does_not_answer() -> None:
    with started(sys.executable, "-c", WAITS, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "with the server\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline().startswith("stopping: ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
