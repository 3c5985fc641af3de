#!/usr/bin/env python3
"""Times our BibTeX reader beside libbtparse in one run: bibtex.py READING_BENCH [ENTRIES ...]

Each size is a generated file (../shared/peers/bib_peer.py, seed 1). The peer's figure is its parse alone, with the
months defined first and stderr closed; it is left out where libbtparse is not installed. Ours are once into spans, and
twice wholly decoded, with names split and mapped to records: by a program that is started for the file, as the peer's
is, and as the median of fifteen readings in one program. Peer and ours take turns on one core; each figure is a median.
"""
import json, os, shutil, statistics, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
peers = os.path.join(here, "..", "..", "shared", "peers")
sys.path.insert(0, peers)
import bib_peer  # noqa: E402

ROUNDS = 9
PIN = ["taskset", "-c", "1"] if shutil.which("taskset") else []
# Threads of a numeric library that nothing here uses would spin beside the reader when it starts.
ALONE = os.environ | {"OPENBLAS_NUM_THREADS": "1"}


def ours(bench, path, form, runs=1):
    out = subprocess.run(PIN + [bench, path, str(runs), form], env=ALONE, capture_output=True, text=True, check=True).stdout
    return json.loads(out)


def theirs(path):
    out = subprocess.run(PIN + [sys.executable, os.path.abspath(bib_peer.__file__), "_one", "btparse-c", path],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    try:
        found = json.loads(out.strip().splitlines()[-1])
        return found["n"] / found["s"]
    except (IndexError, ValueError, KeyError):
        return None


def main():
    bench = os.path.abspath(sys.argv[1])
    for count in [int(x) for x in sys.argv[2:]] or [5000, 50000]:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "generated.bib")
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(bib_peer.bibtex(count, 1))
            spans, whole, again, peer, memory = [], [], [], [], 0
            for _ in range(ROUNDS):
                spans.append(ours(bench, path, "bibtex-spans")["records_per_s"])
                found = ours(bench, path, "bibtex")
                whole.append(found["records_per_s"])
                again.append(ours(bench, path, "bibtex", 15)["records_per_s"])
                memory = max(memory, found["peak_MB"])
                if (rate := theirs(path)) is not None:
                    peer.append(rate)
            line = {"entries": found["records"], "MB": round(os.path.getsize(path) / 1e6, 1), "spans_per_s": round(statistics.median(spans)),
                    "decoded_per_s": round(statistics.median(whole)), "decoded_again_per_s": round(statistics.median(again)),
                    "peak_MB": memory}
            if peer:
                rate = statistics.median(peer)
                line |= {"libbtparse_per_s": round(rate), "spans_ratio": round(line["spans_per_s"] / rate, 2),
                         "decoded_ratio": round(line["decoded_per_s"] / rate, 2),
                         "decoded_again_ratio": round(statistics.median(again) / rate, 2)}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
