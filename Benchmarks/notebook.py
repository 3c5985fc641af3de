"""Notebooks and the log: notebook.py QUIRE [PAPERMILL]

A notebook of 1,000 cells (chains of two): run, opened again, looked at, edited. A trivial cell run by itself, on the
disk and in memory (where syncs cost nothing, so that the kernel's own time is left), beside Jupyter's execute. A store
of 400 MB: verified, beside sha256sum and openssl. Ten steps, beside papermill. The peers only where papermill's program
is named; Jupyter's is the Python beside it.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

quire = os.path.abspath(sys.argv[1])
papermill = sys.argv[2] if len(sys.argv) > 2 else None


def timed(command, **options):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    return time.perf_counter() - start


def best(command, **options):
    return min(timed(command, **options) for _ in range(3))


def cell(name, source, more=""):
    return f"```quire id={name}\nmethod: data.load\nparams:\n  source: {source}\n{more}```\n\n"


class Host:
    def __init__(self, folder):
        self.process = subprocess.Popen([quire, "serve"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next = 0
        self.call("initialize")

    def call(self, method, **params):
        self.next += 1
        message = {"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}
        start = time.perf_counter()
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if answer.get("id") == self.next:
                break
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"], (time.perf_counter() - start) * 1e3


def thousand(folder):
    cells = []
    for number in range(0, 1000, 2):
        cells.append(cell(f"a{number}", f"[[{number}, 1], [2, 3]]"))
        cells.append(cell(f"a{number + 1}", f"$a{number}", "  dtype: float32\n"))
    text = "# Many\n\n" + "".join(cells)
    path = os.path.join(folder, "many.quire.md")
    with open(path, "w") as file:
        file.write(text)
    host = Host(folder)
    answer, new = host.call("notebook/open", path=path)
    notebook = answer["notebook"]
    _, ran = host.call("notebook/run", notebook=notebook)
    host = Host(folder)
    answer, opened = host.call("notebook/open", path=path)
    notebook = answer["notebook"]
    looked = min(host.call("notebook/get", notebook=notebook)[1] for _ in range(5))
    edited = []
    for number in range(5):
        other = text.replace("[[500, 1]", f"[[500, {number + 7}]")
        answer, took = host.call("notebook/open", path=path, text=other)
        assert [c["id"] for c in answer["cells"] if c["state"] != "fresh"] == ["a500", "a501"]
        edited.append(took)
    version, changed = answer["version"], []
    for number in range(9):
        edit = {"set": {"cell": "a500", "path": "/source/0/0", "value": 1000 + number}}
        answer, took = host.call("notebook/update", notebook=notebook, version=version, edits=[edit], onlyChanged=True)
        version = answer["version"]
        assert [c["id"] for c in answer["cells"]] == ["a500", "a501"][:len(answer["cells"])]
        changed.append(took)
    _, again = host.call("notebook/run", notebook=host.call("notebook/open", path=path)[0]["notebook"])
    print(f"1,000 cells: opened without results {new:.0f} ms, with all of them {opened:.0f} ms")
    print(f"  looked at {looked:.1f} ms; an edit and what is stale {min(edited):.1f} ms, answers of 1,000 cells included;"
          f" with onlyChanged median {statistics.median(changed):.1f} ms")
    print(f"  run for the first time {ran:.0f} ms ({ran / 1000:.2f} ms a cell, syncs included), fresh {again:.0f} ms")


def single(folder):
    """A hundred trivial cells, each run by a request of its own."""
    for place, name in [(folder, "on the disk"), ("/dev/shm", "in memory")]:
        if not os.path.isdir(place):
            continue
        with tempfile.TemporaryDirectory(dir=place) as inner:
            path = os.path.join(inner, "single.quire.md")
            with open(path, "w") as file:
                file.write("".join(cell(f"a{number}", f"[[{number}, 1], [2, 3]]") for number in range(100)))
            host = Host(inner)
            notebook = host.call("notebook/open", path=path)[0]["notebook"]
            trips = [host.call("cell/run", notebook=notebook, cell=f"a{number}")[1] for number in range(100)]
            print(f"a trivial cell, logged and synced, {name}: median {statistics.median(trips):.2f} ms"
                  f" (90 of 100 below {sorted(trips)[89]:.2f} ms)")
    if papermill is not None:
        subprocess.run([os.path.join(os.path.dirname(papermill), "python3"), "-c", JUPYTER], check=True)


JUPYTER = """
import statistics, time
from jupyter_client.manager import KernelManager
manager = KernelManager()
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
trips = []
for number in range(100):
    began = time.perf_counter()
    client.execute_interactive(f"[[{number}, 1], [2, 3]]", timeout=10, output_hook=lambda message: None)
    trips.append((time.perf_counter() - began) * 1e3)
print(f"  Jupyter's execute, nothing kept: median {statistics.median(trips):.2f} ms"
      f" (90 of 100 below {sorted(trips)[89]:.2f} ms)")
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


def verify(folder):
    path = os.path.join(folder, "x.npy")
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (50000, 1000), }"
    header += b" " * (117 - len(header)) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
        for _ in range(400):
            file.write(b"\0\0\0\0\0\0\xf0?" * 125000)
    subprocess.run([quire, "call", "data.load", '{"source":{"$file":"x.npy"}}'], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found = best([quire, "log", "verify"], cwd=folder)
    sums = [f"{name} {best(command + [path]):.2f} s" for name, command in
            [("openssl", ["openssl", "dgst", "-sha256"]), ("sha256sum", ["sha256sum"])]]
    print(f"verify of 400 MB: {found:.2f} s; {', '.join(sums)}")


def ten(folder):
    with open(os.path.join(folder, "ten.quire.md"), "w") as file:
        file.write("".join(cell(f"a{number}", f"[[{number}, 1], [2, 3]]") for number in range(10)))
    times = []
    for _ in range(3):
        subprocess.run(["rm", "-rf", os.path.join(folder, ".quire")])
        times.append(timed([quire, "run", "ten.quire.md"], cwd=folder))
    print(f"ten steps, logged and synced: {min(times):.2f} s")
    if papermill is None:
        return print("  (name papermill's program to see it beside)")
    code = [{"cell_type": "code", "execution_count": None, "id": f"a{n}", "metadata": {}, "outputs": [],
             "source": f"rows = [[{n}, 1], [2, 3]]\n[[float(x) for x in row] for row in rows]"} for n in range(10)]
    notebook = {"cells": code, "nbformat": 4, "nbformat_minor": 5,
                "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}}
    with open(os.path.join(folder, "ten.ipynb"), "w") as file:
        json.dump(notebook, file)
    took = best([papermill, "--no-progress-bar", "-k", "python3", "ten.ipynb", "out.ipynb"], cwd=folder)
    print(f"  papermill: {took:.2f} s")


for measure in [thousand, single, verify, ten]:
    with tempfile.TemporaryDirectory() as folder:
        measure(folder)
