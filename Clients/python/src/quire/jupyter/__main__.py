"""``quire-jupyter install`` and ``uninstall``; without an argument of ours, the kernel that Jupyter starts."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from typing import List, Optional

from ..connection import find_kernel
from ..errors import Error


def main(arguments: Optional[List[str]] = None) -> int:
    """The command ``quire-jupyter``."""
    parser = argparse.ArgumentParser(prog="quire-jupyter", description="Quire's kernel in Jupyter.")
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser("install", help="tell Jupyter of the kernel")
    where = install.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for you alone")
    where.add_argument("--prefix", help="below this folder (default: where this Python is)")
    install.add_argument("--kernel", metavar="FILE", help="the binary quire (default: that of the PATH, or QUIRE)")
    commands.add_parser("uninstall", help="take it out again")
    given = parser.parse_args(arguments)
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        return _fail("ipykernel is missing here", "pip install 'Clients/python[jupyter]'")
    if given.command == "uninstall":
        try:
            print(f"removed {KernelSpecManager().remove_kernel_spec('quire')}")
        except KeyError:
            return _fail("no kernel 'quire' is installed", "quire-jupyter install")
        return 0
    try:
        binary = find_kernel(given.kernel)
    except Error as error:
        return _fail(error.message, "make install, or quire-jupyter install --kernel FILE")
    prefix = None if given.user else os.path.abspath(given.prefix or sys.prefix)
    folder = tempfile.mkdtemp()
    try:
        with open(os.path.join(folder, "kernel.json"), "w", encoding="utf-8") as file:
            json.dump(_specification(binary), file, indent=2)
        placed = KernelSpecManager().install_kernel_spec(folder, "quire", user=given.user, prefix=prefix)
    except OSError as error:
        return _fail(f"cannot write the kernel's folder: {error}", "quire-jupyter install --user")
    finally:
        shutil.rmtree(folder)
    print(f"installed {placed}, which starts {binary}")
    return 0


def _specification(binary: str) -> dict[str, object]:
    return {
        "argv": [sys.executable, "-m", "quire.jupyter", "-f", "{connection_file}"],
        "display_name": "Quire",
        "language": "quire",
        "interrupt_mode": "signal",
        "env": {"QUIRE": binary},
    }


def _fail(what: str, hint: str) -> int:
    print(f"quire-jupyter: error: {what}\n  hint: {hint}", file=sys.stderr)
    return 1


def _launch() -> None:
    from ipykernel.kernelapp import IPKernelApp

    from .kernel import QuireKernel

    IPKernelApp.launch_instance(kernel_class=QuireKernel)


if __name__ == "__main__":
    if sys.argv[1:2] in (["install"], ["uninstall"], ["-h"], ["--help"], []):
        sys.exit(main())
    _launch()
