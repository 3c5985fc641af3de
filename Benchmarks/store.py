#!/usr/bin/env python3
"""The paper store: import, search, memory, and how they grow: store.py QUIRE [--sizes 1000,10000,100000] [--format csl|jsonl]

For each size it writes that many generated papers (a title, an abstract of 150 words, one to five authors, a DOI) to a
file, imports it with `quire import` into an empty workspace, and asks `quire serve` for words of known frequency. Prints
a line a size: papers a second, the peak of resident memory, the size of the store, and medians of search in
milliseconds. Standard library only. A million takes some minutes: --sizes 1000000.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import time

GIVEN = "Ana Wei Søren Fatima Jean-Luc Ngozi Łukasz Zoë Mary Yuki Olga Éva Kwame".split()
FAMILY = "García Berg Li O'Neill Žižek Müller Nakamura Al-Farsi Dvořák Smith Cruz Erdős Großmann Ångström".split()


def words(count):
    """A vocabulary whose frequencies fall as in a language: the n-th word stands about 1/n as often as the first."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    generator = random.Random(7)
    return ["".join(generator.choice(letters) for _ in range(generator.randint(3, 10))) for _ in range(count)]


# The words of `bib_peer.py sqlite`, for a comparison with what it measures.
FEW = ("we show that the model of this method learns a linear feature in each layer and a probe can be trained on top "
       "while noise data sets remain hard to cluster without labels so our approach reduces error by half").split()


def papers(count, few, seed=1):
    generator = random.Random(seed)
    vocabulary = FEW if few else words(30_000)
    weights = None if few else [1 / (rank + 10) for rank in range(len(vocabulary))]
    # Drawing one word at a time is slow: draw many, and take runs of them.
    pool = generator.choices(vocabulary, weights, k=2_000_000)
    for number in range(count):
        start = generator.randrange(len(pool) - 200)
        abstract = pool[start:start + 150]
        # Two words that stand in two of three papers, and one that stands in one of twenty thousand.
        if number % 3:
            abstract[10] = "representation"
        if number % 3 != 1:
            abstract[20] = "language"
        if number % 20_000 == 7:
            abstract[30] = "zymurgy"
        at = generator.randrange(len(pool) - 20)
        yield {
            "id": f"key{number}", "type": "article-journal",
            "title": " ".join(pool[at:at + 8]).capitalize() + f" {number}",
            "author": [{"family": generator.choice(FAMILY), "given": generator.choice(GIVEN)}
                       for _ in range(generator.randint(1, 5))],
            "issued": {"date-parts": [[generator.randint(1950, 2025)]]}, "container-title": "Annals of Examples",
            "DOI": f"10.1234/q.{number}", "abstract": " ".join(abstract)}


def write(path, count, format, few=False):
    with open(path, "w", encoding="utf-8") as file:
        file.write("[\n" if format == "csl" else "")
        for number, paper in enumerate(papers(count, few)):
            if format == "csl":
                file.write(",\n" if number else "")
                json.dump(paper, file, ensure_ascii=False)
            else:
                json.dump({"key": paper["id"], "item": paper,
                           "identifiers": [{"scheme": "doi", "value": paper["DOI"]}]}, file,
                          ensure_ascii=False, separators=(",", ":"))
                file.write("\n")
        file.write("\n]\n" if format == "csl" else "")


def run(arguments, folder):
    began = time.perf_counter()
    program = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE)
    output = program.stdout.read()
    _, status, usage = os.wait4(program.pid, 0)
    assert status == 0, (status, output)
    return time.perf_counter() - began, usage.ru_maxrss / 1024, output, usage.ru_utime + usage.ru_stime


def searches(quire, folder, queries, repetitions=15):
    program = subprocess.Popen([quire, "serve"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    number = 0

    def call(method, params):
        nonlocal number
        number += 1
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        began = time.perf_counter()
        program.stdin.write((json.dumps(body) + "\n").encode())
        answer = json.loads(program.stdout.readline())
        assert "result" in answer, answer
        return (time.perf_counter() - began) * 1e3, answer["result"]

    call("initialize", {})
    found = {}
    for name, query in queries.items():
        times = []
        for _ in range(repetitions):
            milliseconds, result = call("papers.search", {"query": query, "limit": 20})
            times.append(milliseconds)
        found[name] = (round(statistics.median(times), 2), result["total"])
    program.stdin.close()
    program.wait()
    return found


def measure(quire, size, format, again, few):
    folder = tempfile.mkdtemp(prefix="quire-store-")
    try:
        path = os.path.join(folder, "papers.json")
        write(path, size, format, few)
        seconds, memory, output, processor = run([quire, "import", path, "--quiet", "--json"], folder)
        value = json.loads(output)
        assert value["counts"]["new"] == size, value["counts"]
        line = {"papers": size, "papers_per_s": round(size / seconds), "seconds": round(seconds, 2),
                "papers_per_processor_s": round(size / processor),
                "peak_MB": round(memory), "store_MB": round(os.path.getsize(folder + "/.quire/quire.sqlite") / 1e6),
                "source_MB": round(os.path.getsize(path) / 1e6)}
        line["search_ms"] = searches(quire, folder, {
            "rare word": "zymurgy", "two frequent words": "language representation",
            "phrase": '"language"', "frequent word and year": "language year:2020",
            "identifier": "10.1234/q.7", "relaxed": "zymurgy qqqqqq"})
        if again:
            line["again_s"] = round(run([quire, "import", path, "--quiet", "--json"], folder)[0], 2)
        line["check_s"] = round(run([quire, "store", "check"], folder)[0], 2)
        print(json.dumps(line), flush=True)
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("quire")
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--format", choices=["csl", "jsonl"], default="csl")
    parser.add_argument("--again", action="store_true", help="import the same file once more")
    parser.add_argument("--few-words", action="store_true", help="texts of the 39 words of bib_peer.py")
    arguments = parser.parse_args()
    for size in arguments.sizes.split(","):
        measure(os.path.abspath(arguments.quire), int(size), arguments.format, arguments.again, arguments.few_words)


if __name__ == "__main__":
    main()
