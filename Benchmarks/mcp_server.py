"""A server of the MCP Python SDK with nothing in it, for `Benchmarks/run`; its `ping` is measured."""
try:
    from mcp.server.fastmcp import FastMCP as Server
except ImportError:
    from mcp.server.mcpserver import MCPServer as Server

Server("bench").run(transport="stdio")
