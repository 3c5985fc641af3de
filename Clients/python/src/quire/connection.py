"""The kernel as a child process: messages in lines over pipes, answers to whoever waits for them."""

from __future__ import annotations

import collections
import contextlib
import json
import logging
import os
import queue
import select
import shutil
import signal
import subprocess
import threading
from typing import IO, Any, Callable, Deque, Dict, List, Mapping, Optional, Sequence

from .errors import Error, KernelDied, KernelMissing, error_of

#: What a call is told: ``progress`` with a value, then ``result`` or ``error`` once.
Sink = Callable[[str, Any], None]

logger = logging.getLogger("quire")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def find_kernel(named: Optional[str]) -> str:
    """The path of the binary: the one that is named, that of ``QUIRE``, or ``quire`` on the ``PATH``."""
    wanted = named or os.environ.get("QUIRE") or "quire"
    found = shutil.which(os.path.expanduser(wanted))
    if found is None:
        raise KernelMissing(
            f"there is no program '{wanted}'",
            hint="install it with 'make install', or say where it is: Workspace(…, kernel=PATH) or QUIRE=PATH",
        )
    return os.path.abspath(found)


class Connection:
    """One process of the kernel. Calls may be made from any thread."""

    def __init__(self, arguments: Sequence[str], *, kernel: Optional[str] = None) -> None:
        self._path = find_kernel(kernel)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        #: Messages that a thread of their own writes; `None` ends it.
        self._outbox: queue.SimpleQueue[Optional[bytes]] = queue.SimpleQueue()
        self._unwritten = 0
        self._sinks: Dict[int, Sink] = {}
        self._last = 0
        self._ending: Optional[Error] = None
        self._last_lines: Deque[str] = collections.deque(maxlen=20)
        try:
            # An interrupt at the terminal is ours: it cancels a call, and must not end the kernel.
            self.process = subprocess.Popen(
                [self._path, "serve", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            hint = "is it a quire binary for this machine?"
            raise KernelMissing(f"cannot start {self._path}: {error.strerror}", hint=hint) from None
        # Both are there: Popen was asked for pipes.
        self._input: IO[bytes] = self.process.stdin  # type: ignore[assignment]
        self._output: IO[bytes] = self.process.stdout  # type: ignore[assignment]
        self._threads = [
            threading.Thread(target=self._read, name="quire-reader", daemon=True),
            threading.Thread(target=self._read_log, name="quire-log", daemon=True),
            threading.Thread(target=self._write, name="quire-writer", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    # MARK: - Calls

    def call(self, method: str, params: Mapping[str, Any], sink: Sink, *, progress: bool = False) -> int:
        """Sends a request; what comes back goes to the sink, on the thread that reads."""
        with self._lock:
            if self._ending is not None:
                raise self._ending
            self._last += 1
            number = self._last
            self._sinks[number] = sink
        given = {**params, "workDoneToken": number} if progress else dict(params)
        try:
            self._send({"id": number, "method": method, "params": given})
        except BaseException:
            with self._lock:
                self._sinks.pop(number, None)
            raise
        return number

    def cancel(self, number: int) -> None:
        """Asks for the end of a call; it still gets its one answer."""
        with contextlib.suppress(Error):
            self._send({"method": "$/cancelRequest", "params": {"id": number}})

    def _send(self, message: Dict[str, Any]) -> None:
        text = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = text.encode("utf-8") + b"\n"
        with self._writing:
            # So many bytes go whole or not at all, whatever interrupt comes; more are left to the writer, which no
            # interrupt reaches and for which nobody waits.
            if self._unwritten == 0 and len(data) <= select.PIPE_BUF:
                try:
                    os.write(self._input.fileno(), data)
                except (OSError, ValueError):
                    raise self._end() from None
            else:
                self._unwritten += 1
                self._outbox.put(data)

    def _write(self) -> None:
        while True:
            data = self._outbox.get()
            if data is None:
                return
            rest = memoryview(data)
            # Why the kernel no longer reads is told by the thread that reads.
            with contextlib.suppress(OSError, ValueError):
                while rest:
                    rest = rest[os.write(self._input.fileno(), rest) :]
            with self._writing:
                self._unwritten -= 1

    # MARK: - What comes back

    def _read(self) -> None:
        try:
            for line in self._output:
                if line.strip():
                    self._take(json.loads(line))
        except (OSError, ValueError) as error:
            self._last_lines.append(f"it sent what is no message: {error}")
            self.process.kill()
        ending = self._end()
        with self._lock:
            waiting = list(self._sinks.values())
            self._sinks.clear()
        for sink in waiting:
            sink("error", ending)

    def _take(self, message: Dict[str, Any]) -> None:
        if message.get("method") == "$/progress":
            params = message.get("params") or {}
            with self._lock:
                sink = self._sinks.get(int(params.get("token") or 0))
            if sink is not None:
                sink("progress", params.get("value") or {})
        elif "method" not in message:
            with self._lock:
                sink = self._sinks.pop(message.get("id", 0), None)
            if sink is None:
                return
            if "error" in message:
                sink("error", error_of(message["error"]))
            else:
                sink("result", message.get("result"))

    def _read_log(self) -> None:
        errors: Any = self.process.stderr
        for line in errors:
            text = line.decode("utf-8", "replace").rstrip()
            self._last_lines.append(text)
            parts = text.split(" ", 2)
            level = _LEVELS.get(parts[1], logging.INFO) if len(parts) == 3 else logging.INFO
            logger.log(level, "%s", parts[2] if len(parts) == 3 and parts[1] in _LEVELS else text)
        errors.close()

    def _end(self) -> Error:
        """Why the kernel is no longer there."""
        try:
            status: Optional[int] = self.process.wait(2)
        except subprocess.TimeoutExpired:
            status = None
        with self._lock:
            if self._ending is None:
                self._ending = KernelDied(_words(status, list(self._last_lines)), hint="open the workspace again")
            return self._ending

    # MARK: - The end

    def close(self, seconds: float = 10) -> None:
        """Ends the kernel in order, and by force when it takes longer."""
        with self._lock:
            if self._ending is None:
                self._ending = KernelDied("the workspace is closed", hint="open it again")
        with contextlib.suppress(Error):
            self._send({"id": 0, "method": "shutdown", "params": {}})
            self._send({"method": "exit"})
        self._outbox.put(None)
        self._threads[-1].join(seconds)
        with contextlib.suppress(OSError):
            self._input.close()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(2)
        self._output.close()


def _words(status: Optional[int], lines: List[str]) -> str:
    if status is None:
        words = "the kernel closed its output"
    elif status < 0:
        words = f"the kernel was ended by {signal.Signals(-status).name}"
    else:
        words = f"the kernel ended with status {status}"
    return f"{words}: {lines[-1]}" if lines else words
