"""A plugin for tests that behaves, or misbehaves, as its params say."""

import json
import os
import sys
import threading
import time
import traceback

lock = threading.Lock()
cancelled = set()
answers = {}
next_id = [1000]


def send(message):
    with lock:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def ask(method, params):
    """Calls the host and waits for its answer."""
    with lock:
        next_id[0] += 1
        number = next_id[0]
    event, box = answers[number] = (threading.Event(), [])
    send({"id": number, "method": method, "params": params})
    event.wait(10)
    return box[0]


def run(number, params):
    given, name = params["params"], params["run"]
    mode = given["mode"]
    value = {"mode": mode, "seed": params["seed"], "pid": os.getpid() if mode == "pid" else 0}
    if mode == "progress":
        for step in range(1, 4):
            send({"method": "host/progress", "params": {"run": name, "done": step, "total": 3, "message": f"step {step}"}})
    elif mode == "sum":
        told = params["inputs"]["numbers"]
        value["told"] = told
        with open(told["path"]) as file:
            value["total"] = sum(float(cell) for line in file.readlines()[1:] for cell in line.split(","))
    elif mode == "artifact":
        made = ask("host/artifact.create", {"run": name, "name": "text", "media": "text/plain"})
        with open(made["result"]["path"], "w") as file:
            file.write("made outside\n")
        value["file"] = {"$artifact": "run:text"}
        send({"method": "host/warning", "params": {"run": name, "code": "plugin.note", "message": "beware"}})
        send({"method": "host/display", "params": {
            "run": name, "display": {"title": "words", "data": {"text/plain": "made outside"}}}})
    elif mode == "ask":
        value["answered"] = ask(given["question"], {**given["asked"], "run": name})
    elif mode == "unnamed":
        value["file"] = {"$artifact": "run:never made"}
    elif mode == "sleep":
        send({"method": "host/progress", "params": {"run": name, "done": 0, "total": 1, "message": "sleeping"}})
        for _ in range(600):
            if number in cancelled:
                send({"id": number, "error": {"code": -32800, "message": "cancelled"}})
                return
            time.sleep(0.02)
    elif mode == "deaf":
        time.sleep(60)
    elif mode == "crash":
        print("about to fall", file=sys.stderr, flush=True)
        os._exit(3)
    elif mode == "fall":
        traceback.print_exception(ValueError(f"cannot read {__file__}"))
        print(f"{os.path.abspath(__file__)}:1: {os.__file__}", file=sys.stderr, flush=True)
        os._exit(3)
    elif mode == "print":
        print("debugging here")
        sys.stdout.flush()
        time.sleep(60)
    elif mode == "refuse":
        send({"id": number, "error": {
            "code": -32602, "message": "mode: not today", "data": {"kind": "params.value", "path": "/mode"}}})
        return
    elif mode == "lie":
        value["mode"] = 7
    elif mode == "memory":
        try:
            value["pid"] = len(bytearray(1 << 30))
        except MemoryError:
            send({"id": number, "error": {
                "code": 1206, "message": "no room", "data": {"kind": "math.memory"}}})
            return
    send({"id": number, "result": {"value": value}})


for line in sys.stdin:
    message = json.loads(line)
    method, number = message.get("method"), message.get("id")
    if method is None:
        event, box = answers.pop(number)
        box.append(message)
        event.set()
    elif method == "plugin/initialize":
        if os.environ.get("TEST_PLUGIN_SLOW"):
            time.sleep(60)
        send({"id": number, "result": {"name": "trial", "version": "0.1.0", "protocol": 1}})
    elif method == "plugin/run":
        threading.Thread(target=run, args=(number, message["params"]), daemon=True).start()
    elif method == "$/cancelRequest":
        cancelled.add(message["params"]["id"])
    elif method == "plugin/shutdown":
        send({"id": number, "result": None})
    elif method == "exit":
        sys.exit(0)
