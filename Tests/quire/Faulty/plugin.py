"""A plugin that is in order, or has the one fault that its argument names."""

import json
import os
import random
import subprocess
import sys
import threading
import time

fault = sys.argv[1] if len(sys.argv) > 1 else ""
lock = threading.Lock()
cancelled = set()
answers = {}
last = [0]


def send(message):
    text = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")) + "\n"
    with lock:
        sys.stdout.write(text)
        sys.stdout.flush()


def ask(method, params):
    with lock:
        last[0] += 1
        number = last[0]
    event, box = answers[number] = (threading.Event(), [])
    send({"id": number, "method": method, "params": params})
    event.wait(10)
    return box[0]


def fail(number, code, message, kind=None):
    send({"id": number, "error": {"code": code, "message": message, "data": {"kind": kind} if kind else {}}})


def progress(name, done, total=4):
    send({"method": "host/progress", "params": {"run": name, "done": done, "total": total, "message": "counting"}})


def npy(numbers):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }" % len(numbers)
    header += " " * (117 - len(header)) + "\n"
    import struct

    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<%dd" % len(numbers), *numbers)


def run(number, params):
    method, name, given = params.get("method"), params.get("run"), params.get("params", {})
    if method != "trial.count":
        if fault == "answers-anything":
            send({"id": number, "result": {"value": {}}})
        else:
            fail(number, -32601, "no such method", "method.notFound")
        return
    if "text" not in given:
        if fault == "exits-on-wrong-params":
            os._exit(5)
        if fault == "silent-on-wrong-params":
            raise KeyError("text")
        fail(number, -32602, "params/text: is missing", "params.value")
        return
    words = given["text"].split()
    value = {"words": len(words), "letters": sum(map(len, words)) / 1.0, "warnings": []}
    if fault == "cancel-deaf":
        time.sleep(3)
    elif fault in ("", "cancel-wrong-code"):
        for _ in range(20):
            if number in cancelled:
                fail(number, -32800 if fault == "" else 1101, "cancelled", "request.cancelled" if fault == "" else "plugin.failed")
                return
            time.sleep(0.02)
    for done in [1, 3, 2, 4] if fault == "progress-back" else [0, 2, 4]:
        progress(name, done)
    if fault == "progress-over":
        progress(name, 9)
    if fault == "crash":
        print("about to fall", file=sys.stderr, flush=True)
        os._exit(3)
    if fault == "hang":
        return
    if fault == "print":
        print("debugging here", flush=True)
    if fault == "print-number":
        print(3, flush=True)
    if fault == "lie":
        value["words"] = "three"
    if fault == "nan":
        value["letters"] = float("nan")
    if fault == "random":
        value["letters"] = random.random()
    if fault == "set-order":
        value["letters"] = hash("a") % 1000 / 1.0
    if fault == "fails":
        fail(number, 1205, "too few words", "math.tooFewSamples")
        return
    if fault == "unknown-error":
        fail(number, 7777, "alas", "trial.alas")
        return
    if fault == "no-kind":
        fail(number, 1101, "alas", "unheard.of")
        return
    if fault == "memory":
        try:
            bytearray(1 << 30)
        except MemoryError:
            fail(number, 1206, "no room", "math.memory")
            return
    if fault == "memory-crash":
        bytearray(1 << 30)
    if fault == "writes":
        ask("host/papers.write", {"run": name, "operations": []})
    if fault == "reads":
        ask("host/papers.query", {"run": name, "query": "", "fields": ["title"], "limit": 1})
    if fault == "unknown-call":
        ask("host/network", {"run": name})
    if fault == "unmade":
        value["counts"] = {"$artifact": "run:never made"}
    else:
        made = ask("host/artifact.create", {"run": name, "name": "counts", "media": "application/x-npy"})
        with open(made["result"]["path"], "wb") as file:
            file.write(b"1 2 3" if fault == "no-npy" else npy([float(len(word)) for word in words]))
        value["counts"] = {"$artifact": "run:counts"}
    if fault == "leaves-child":
        subprocess.Popen(["sleep", "30"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    send({"id": number, "result": {"value": value}})
    if fault == "progress-late":
        progress(name, 4)


def answer(number, params):
    try:
        run(number, params)
    except MemoryError:
        print("MemoryError", file=sys.stderr, flush=True)
        os._exit(1)


for line in sys.stdin:
    if fault == "large" and len(line) > 1 << 20:
        sys.exit(1)
    message = json.loads(line)
    method, number = message.get("method"), message.get("id")
    if method is None and number not in answers:
        pass
    elif method is None:
        event, box = answers.pop(number)
        box.append(message)
        event.set()
    elif method == "plugin/initialize":
        if fault == "start-hang":
            time.sleep(60)
        if fault == "start-slow":
            time.sleep(1.2)
        if fault == "start-crash":
            sys.exit("no module named numpy")
        send({"id": number, "result": {
            "name": "tiral" if fault == "start-name" else "trial",
            "version": "0.2.0" if fault == "start-version" else "0.1.0",
            "protocol": 2 if fault == "start-protocol" else 1}})
    elif method == "plugin/run":
        threading.Thread(target=answer, args=(number, message["params"]), daemon=True).start()
    elif method == "$/cancelRequest":
        cancelled.add(message["params"]["id"])
    elif method == "plugin/shutdown":
        if fault != "shutdown-unanswered":
            send({"id": number, "result": None})
    elif method == "exit":
        if fault == "exit-ignored":
            time.sleep(60)
        if fault == "exit-status":
            sys.exit(7)
        sys.exit(0)
    elif number is not None and fault != "unknown-call-ignored":
        fail(number, -32601, "no such call", "method.notFound")
if fault == "orphan":
    time.sleep(60)
