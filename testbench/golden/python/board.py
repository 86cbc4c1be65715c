# SPDX-License-Identifier: Apache-2.0
"""A board behind a TCP port (docs/board.md), for the consumers of exports."""

import socket


class Board:
    """Register accesses and waits, one line each."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("r", encoding="ascii", newline="\n")
        self.hello = self.lines.readline().strip()
        if not self.hello.startswith("ipsec-board 1 "):
            raise ConnectionError(f"{address} is no board of protocol 1: it says '{self.hello[:60]}'")

    def ask(self, line):
        self.socket.sendall(line.encode() + b"\n")
        reply = self.lines.readline().strip()
        word, _, rest = reply.partition(" ")
        if word != "ok":
            raise ConnectionError(f"'{line}': the board says '{reply}'")
        return int(rest.split()[0], 0)

    def read32(self, address):
        return self.ask(f"r 0x{address:04x}")

    def write32(self, address, data):
        self.ask(f"w 0x{address:04x} 0x{data:08x}")

    def wait(self, clocks):
        self.ask(f"wait {clocks}")
