#!/usr/bin/env python3
"""What a call to a plugin that is a program of its own costs over a call to a built-in one: plugins.py QUIRE

Calls in turn: `data.load` of a row typed by hand (built in) and `keywords.extract` of one title (the example in Swift),
both the work of microseconds. Each call is another one, so that none comes from the cache, and each is logged; the
workspace is in memory where that can be had, since a disk's syncs would hide the rest. Standard library only.
"""
import json
import os
import shutil
import sys
import tempfile
import time

from busy import Host, show


def main():
    quire = os.path.abspath(sys.argv[1])
    here = os.path.dirname(os.path.abspath(__file__))
    keywords = os.path.join(here, "..", "Examples", "Plugins", "keywords")
    program = os.path.join(keywords, ".build", "release", "keywords")
    if not os.path.exists(program):
        sys.exit("(Examples/Plugins/keywords is not built: swift build -c release there)")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        # The example names its debug build.
        plugin = os.path.join(folder, "keywords")
        shutil.copytree(keywords, plugin, ignore=shutil.ignore_patterns(".build"))
        manifest = json.load(open(os.path.join(plugin, "quire-plugin.json")))
        json.dump(manifest | {"command": [program]}, open(os.path.join(plugin, "quire-plugin.json"), "w"))
        host = Host([quire, "serve", "--plugin", plugin], folder)
        host.send("first", "initialize", {})
        host.answer("first")
        times = {"built in": [], "external, Swift": []}
        for number in range(600):
            for name, method, params in (
                ("built in", "data.load", {"source": [[number, 1]]}),
                ("external, Swift", "keywords.extract", {"papers": [{"id": f"p{number}", "title": "Spectra of graphs"}]}),
            ):
                began = time.perf_counter()
                host.send(f"{name} {number}", method, params)
                arrived, message = host.answer(f"{name} {number}")
                if "error" in message:
                    sys.exit(str(message["error"]))
                # The first calls start the program and touch its code.
                if number >= 100:
                    times[name].append((arrived - began) * 1e3)
        for name, found in times.items():
            show(f"a call, {name}", found)
        middle = {name: sorted(found)[len(found) // 2] for name, found in times.items()}
        print(f"{'added by the program of its own':44} {middle['external, Swift'] - middle['built in']:.3f} ms (median)")
        host.process.stdin.close()
        host.process.wait()


if __name__ == "__main__":
    main()
