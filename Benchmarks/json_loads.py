"""The same work in Python: reads Content-Length framed messages, json.loads, answers {}. For `Benchmarks/run`."""
import json
import sys


def main():
    read, write = sys.stdin.buffer, sys.stdout.buffer
    while header := read.readline():
        length = int(header.split(b":")[1])
        read.readline()
        message = json.loads(read.read(length))
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": {}}).encode()
        write.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        write.flush()


main()
