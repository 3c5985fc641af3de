"""The plugin's side of the pipe: messages in lines on standard input and output.

The thread that reads messages is not the one that works: cancels and answers of the host arrive while a method
runs. Methods run one after another on the main thread, so that a library with global state is safe in it.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Deque, Dict, Optional

from ..arrays import ArrayError
from .context import Context, Host, HostError
from .errors import Cancelled, MethodError
from .values import ResultError

if TYPE_CHECKING:
    from . import Plugin

#: A method that has not looked at its cancellation for so long is interrupted, in seconds.
_PATIENCE = 0.1
_PROTOCOL = 1


class _Run:
    def __init__(self, number: Any, params: Dict[str, Any]) -> None:
        self.number = number
        self.params = params
        self.cancelled = threading.Event()


class Server:
    """Serves one host until it says ``exit`` or is gone."""

    def __init__(self, plugin: Plugin, input_descriptor: int, output_descriptor: int) -> None:
        self._plugin = plugin
        self._input = os.fdopen(input_descriptor, "rb")
        self._output = output_descriptor
        self._writing = threading.Lock()
        self._state = threading.Condition()
        self._queue: Deque[_Run] = collections.deque()
        self._active: Optional[_Run] = None
        #: Whether the method itself is on, not our own code around it: only then it may be interrupted.
        self._interruptible = False
        self._answers: Dict[int, Any] = {}
        self._last = 0

    def serve(self) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGUSR1, self._interrupt)
        threading.Thread(target=self._read, name="quire-reader", daemon=True).start()
        while True:
            with self._state:
                while not self._queue:
                    self._state.wait()
                self._active = run = self._queue.popleft()
            self._work(run)

    # MARK: - Messages

    def send(self, message: Dict[str, Any]) -> None:
        text = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = memoryview(text.encode("utf-8", "replace") + b"\n")
        with self._writing:
            while data:
                data = data[os.write(self._output, data) :]

    def ask(self, run: _Run, method: str, params: Dict[str, Any]) -> Any:
        with self._state:
            self._last += 1
            number = self._last
        self.send({"id": number, "method": method, "params": {"run": run.params["run"], **params}})
        with self._state:
            while number not in self._answers:
                if run.cancelled.is_set():
                    raise Cancelled
                self._state.wait()
            answer = self._answers.pop(number)
        if "error" in answer:
            error = answer["error"]
            data = error.get("data") or {}
            message = f"{method}: {error.get('message', '')}"
            raise HostError(1101, data.get("kind", "plugin.failed"), message, hint=data.get("hint"))
        return answer.get("result")

    def _read(self) -> None:
        try:
            for line in self._input:
                if line.strip():
                    try:
                        message = json.loads(line)
                    except (ValueError, RecursionError) as error:
                        print(f"cannot read the host's message: {error}", file=sys.stderr, flush=True)
                        continue
                    if isinstance(message, dict):
                        self._take(message)
        except OSError:
            pass
        except BaseException:
            traceback.print_exc()
        finally:
            # The host is gone, or nobody reads it any more: whatever a method does now is for nobody.
            _leave(0)

    def _take(self, message: Dict[str, Any]) -> None:
        method, number, params = message.get("method"), message.get("id"), message.get("params")
        if not isinstance(params, dict):
            params = {}
        if method is None:
            if isinstance(number, int):
                with self._state:
                    self._answers[number] = message
                    self._state.notify_all()
        elif method == "plugin/initialize":
            _limit_threads()
            greeting = {"name": self._plugin.name, "version": self._plugin.version, "protocol": _PROTOCOL}
            self.send({"id": number, "result": greeting})
        elif method == "plugin/run":
            self._accept(_Run(number, params))
        elif method == "$/cancelRequest":
            self._cancel(params.get("id"))
        elif method == "plugin/shutdown":
            self.send({"id": number, "result": None})
        elif method == "exit":
            _leave(0)
        elif number is not None:
            self._refuse(number, str(method))

    def _refuse(self, number: Any, method: str) -> None:
        data = {"kind": "method.notFound"}
        self.send({"id": number, "error": {"code": -32601, "message": f"no method '{method[:80]}'", "data": data}})

    def _accept(self, run: _Run) -> None:
        name = run.params.get("method")
        if name not in self._plugin.methods or not isinstance(run.params.get("run"), str):
            self._refuse(run.number, str(name))
            return
        with self._state:
            self._queue.append(run)
            self._state.notify_all()

    # MARK: - Cancelling

    def _cancel(self, number: Any) -> None:
        with self._state:
            waiting = [run for run in self._queue if run.number == number]
            for run in waiting:
                self._queue.remove(run)
            active = self._active
            if active is not None and active.number == number:
                active.cancelled.set()
                self._state.notify_all()
            else:
                active = None
        for run in waiting:
            self._fail(run, _CANCELLED)
        if active is not None:
            timer = threading.Timer(_PATIENCE, self._wake, [active])
            timer.daemon = True
            timer.start()

    def _wake(self, run: _Run) -> None:
        main = threading.main_thread().ident
        while self._active is run and main is not None:
            signal.pthread_kill(main, signal.SIGUSR1)
            time.sleep(0.2)

    def _interrupt(self, number: int, frame: Any) -> None:
        run = self._active
        if run is not None and run.cancelled.is_set() and self._interruptible:
            self._interruptible = False
            raise Cancelled

    # MARK: - Runs

    def _work(self, run: _Run) -> None:
        context = Context(_WireHost(self, run), run.params.get("seed"), self._plugin.folder)
        error: Optional[Dict[str, Any]] = None
        value: Any = None
        try:
            try:
                method = self._plugin.methods[run.params["method"]]
                given = method.arguments(run.params.get("params") or {}, run.params.get("inputs"), context)
                self._interruptible = True
                returned = method.function(**given)
                self._interruptible = False
                value = method.value(returned, context)
            finally:
                self._interruptible = False
        except Cancelled:
            error = _CANCELLED
        except KeyboardInterrupt:
            _leave(130)
        except MethodError as told:
            error = told.as_error()
        except BaseException as fault:
            error = _failure(fault, self._plugin.folder)
        try:
            if error is None:
                try:
                    self.send({"id": run.number, "result": {"value": value}})
                except ValueError as fault:
                    error = _failure(fault, self._plugin.folder)
            if error is not None:
                self._fail(run, error)
        except OSError:
            _leave(0)
        sys.stdout.flush()
        with self._state:
            self._active = None

    def _fail(self, run: _Run, error: Dict[str, Any]) -> None:
        self.send({"id": run.number, "error": error})


class _WireHost(Host):
    def __init__(self, server: Server, run: _Run) -> None:
        self._server = server
        self._run = run

    def ask(self, method: str, params: Dict[str, Any]) -> Any:
        with _Uninterrupted(self._server):
            answer = self._server.ask(self._run, method, params)
        self._look()
        return answer

    def tell(self, method: str, params: Dict[str, Any]) -> None:
        with _Uninterrupted(self._server):
            self._server.send({"method": method, "params": {"run": self._run.params["run"], **params}})
        self._look()

    def _look(self) -> None:
        if self.is_cancelled():
            raise Cancelled

    def is_cancelled(self) -> bool:
        return self._run.cancelled.is_set()


class _Uninterrupted:
    """While a message is written nothing may be raised: half a message would end the connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._before = False

    def __enter__(self) -> None:
        self._before, self._server._interruptible = self._server._interruptible, False

    def __exit__(self, *_: object) -> None:
        self._server._interruptible = self._before


_CANCELLED = {"code": -32800, "message": "the request was cancelled", "data": {"kind": "request.cancelled"}}


def _failure(fault: BaseException, folder: str) -> Dict[str, Any]:
    """The error for an exception that no method raises on purpose; its traceback goes to the log."""
    if isinstance(fault, MemoryError):
        message = f"no memory left: {fault}" if str(fault) else "no memory left"
        data = {"kind": "math.memory", "hint": "use fewer rows, or raise limits.memoryMiB in quire-plugin.json"}
        return {"code": 1206, "message": message, "data": data}
    frame = fault.__traceback__.tb_next if fault.__traceback__ is not None else None
    traceback.print_exception(type(fault), fault, frame, file=sys.stderr)
    sys.stderr.flush()
    if isinstance(fault, ArrayError):
        return MethodError(1053, "file.format", str(fault)).as_error()
    if isinstance(fault, ResultError):
        return MethodError(1103, "plugin.result", str(fault)).as_error()
    if isinstance(fault, ModuleNotFoundError):
        listed = os.path.exists(os.path.join(folder, "requirements.txt"))
        hint = f"{sys.executable} -m pip install {'-r requirements.txt' if listed else fault.name}, in {folder}"
        return MethodError(1101, "plugin.failed", str(fault), hint=hint).as_error()
    frames = traceback.extract_tb(fault.__traceback__)
    own = [frame for frame in frames if os.path.dirname(__file__) != os.path.dirname(frame.filename)]
    hint = "the traceback is in the log"
    if own:
        hint = f"{os.path.basename(own[-1].filename)}, line {own[-1].lineno}, in {own[-1].name}; {hint}"
    text = f"{type(fault).__name__}: {fault}" if str(fault) else type(fault).__name__
    return MethodError(1101, "plugin.failed", text, hint=hint).as_error()


def _limit_threads() -> None:
    """One thread for linear algebra, unless somebody chose: sums in another order are other bits."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _leave(status: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def take_streams() -> tuple[int, int]:
    """Takes descriptors 0 and 1 for messages; what is printed from then on goes to standard error."""
    sys.stdout.flush()
    taken = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    # A line that is printed shall be seen when it is printed.
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(line_buffering=True)
    return taken
