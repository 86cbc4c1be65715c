#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A JTAG test access port with an ARM debug port and one memory access port, in front of a simulated device.

OpenOCD reaches it with its `remote_bitbang` adapter and sees what it sees on a bench: a TAP, a DAP, a MEM-AP on the bus
of the registers. Each access of the MEM-AP becomes one register access on the board's TCP port.

    jtag_dap.py --board HOST:PORT -- COMMAND...

It runs COMMAND with `{port}` replaced by the port that it listens on, serves one connection, and ends with the
command's exit status.
"""

import argparse
import socket
import subprocess
import sys
import threading

from board import Board

IDCODE = 0x4BA00477
# MEM-AP, AXI, of the designer ARM
AP_IDR = 0x04770004
ACK_OK = 0b010

# Next state by TMS, the names those of IEEE 1149.1
STATES = {
    "reset": ("idle", "reset"),
    "idle": ("idle", "select-dr"),
    "select-dr": ("capture-dr", "select-ir"),
    "capture-dr": ("shift-dr", "exit1-dr"),
    "shift-dr": ("shift-dr", "exit1-dr"),
    "exit1-dr": ("pause-dr", "update-dr"),
    "pause-dr": ("pause-dr", "exit2-dr"),
    "exit2-dr": ("shift-dr", "update-dr"),
    "update-dr": ("idle", "select-dr"),
    "select-ir": ("capture-ir", "reset"),
    "capture-ir": ("shift-ir", "exit1-ir"),
    "shift-ir": ("shift-ir", "exit1-ir"),
    "exit1-ir": ("pause-ir", "update-ir"),
    "pause-ir": ("pause-ir", "exit2-ir"),
    "exit2-ir": ("shift-ir", "update-ir"),
    "update-ir": ("idle", "select-dr"),
}


class AccessPort:
    """MEM-AP: CSW, TAR, DRW and the banked data registers."""

    def __init__(self, board):
        self.board = board
        self.csw = 0x40  # enabled
        self.tar = 0
        self.accesses = 0

    def address(self, register):
        if register != 0x0C:
            return (self.tar & ~0xF) | (register & 0xC)
        return self.tar

    def advance(self, register):
        self.accesses += 1
        if register == 0x0C and self.csw >> 4 & 3 == 1:
            self.tar += 4

    def read(self, register):
        if register == 0x00:
            return self.csw
        if register == 0x04:
            return self.tar
        if register in (0x0C, 0x10, 0x14, 0x18, 0x1C):
            value = self.board.read32(self.address(register))
            self.advance(register)
            return value
        return {0xFC: AP_IDR, 0xF8: 0xFFFFFFFF}.get(register, 0)

    def write(self, register, value):
        if register == 0x00:
            # Words alone, one by one: what else is asked for does not stick.
            self.csw = value & 0x10 | 0x42
        elif register == 0x04:
            self.tar = value
        elif register in (0x0C, 0x10, 0x14, 0x18, 0x1C):
            self.board.write32(self.address(register), value)
            self.advance(register)


class DebugPort:
    """The registers behind DPACC and APACC. What a scan reads comes out with the next one."""

    def __init__(self, ap):
        self.ap = ap
        self.ctrl = 0
        self.select = 0
        self.result = 0

    def access(self, is_ap, scan):
        read, register, value = scan & 1, scan >> 1 << 2 & 0xC, scan >> 3 & 0xFFFFFFFF
        if is_ap:
            register |= self.select & 0xF0
            present = self.select >> 24 == 0
            if read:
                self.result = self.ap.read(register) if present else 0
            elif present:
                self.ap.write(register, value)
        elif read:
            if register != 0xC:
                self.result = {0x4: self.ctrl, 0x8: self.select}.get(register, 0)
        elif register == 0x4:
            # Power is there as soon as it is asked for.
            self.ctrl = value & 0x50000000 | (value & 0x50000000) << 1
        elif register == 0x8:
            self.select = value


class Tap:
    def __init__(self, dp):
        self.dp = dp
        self.state = "reset"
        self.ir = 0xE
        self.shift = 0
        self.length = 1

    def tdo(self):
        return self.shift & 1

    def clock(self, tms, tdi):
        state = self.state
        if state in ("shift-dr", "shift-ir"):
            self.shift = self.shift >> 1 | tdi << self.length - 1
        elif state == "capture-ir":
            self.shift, self.length = 0b0001, 4
        elif state == "capture-dr":
            if self.ir == 0xE:
                self.shift, self.length = IDCODE, 32
            elif self.ir in (0x8, 0xA, 0xB):
                self.shift, self.length = self.dp.result << 3 | ACK_OK, 35
            else:
                self.shift, self.length = 0, 1
        self.state = STATES[state][tms]
        if self.state == "reset":
            self.ir = 0xE
        elif self.state == "update-ir":
            self.ir = self.shift
        elif self.state == "update-dr" and self.ir in (0xA, 0xB):
            self.dp.access(self.ir == 0xB, self.shift)


def serve(listener, tap, errors):
    try:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tck = 0
        while data := connection.recv(65536):
            answer = bytearray()
            for char in data:
                if 0x30 <= char <= 0x37:
                    if char & 4 and not tck:
                        tap.clock(char >> 1 & 1, char & 1)
                    tck = char & 4
                elif char == ord("R"):
                    answer.append(0x30 + tap.tdo())
                elif char == ord("Q"):
                    return
            if answer:
                connection.sendall(answer)
    except Exception as error:  # pylint: disable=broad-except
        errors.append(error)
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", required=True, metavar="HOST:PORT")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    ap = AccessPort(Board(arguments.board))
    errors = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=serve, args=(listener, Tap(DebugPort(ap)), errors), daemon=True).start()
        status = subprocess.run([word.replace("{port}", str(port)) for word in arguments.command], check=False).returncode
    print(f"{ap.accesses} register accesses through the MEM-AP")
    for error in errors:
        print(f"board: {error}", file=sys.stderr)
        status = status or 1
    return status


if __name__ == "__main__":
    sys.exit(main())
