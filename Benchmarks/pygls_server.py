"""A pygls server that answers one request of its own, for `Benchmarks/run`."""
try:
    from pygls.lsp.server import LanguageServer
except ImportError:
    from pygls.server import LanguageServer

server = LanguageServer("bench", "1")


@server.feature("bench/ping")
def ping(*_):
    return {}


server.start_io()
