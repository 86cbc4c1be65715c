#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Linux kernel's IPsec stack talks through a virtual board with a host that has none.

    kernel_ipsec.py [--board COMMAND] [--config 1024x2] [--count N] [--keep] [--wrong-key]

    host (netns)            board                               peer
    ping, UDP  h0 == h1 --host-if  [ device ]  w1 --wire-if == w0  Linux, xfrm: ESP in software
    in the clear                                                   transport mode, AES-GCM

Every packet between the two goes through the device: encrypted on its way out, checked and decrypted on its way in.
Pings and UDP datagrams of IPv4 and IPv6 go both ways, each side starts COUNT of each kind. Passed: every one was answered
with the same bytes, no ICV error on either side, nothing between the two in the clear on the wire.

The peer is the kernel at hand in a network namespace, if it has ESP and AES-GCM; else a Linux as a process (Debian's
package user-mode-linux; IPSEC_UML=FOLDER names one that was unpacked), whose packets come over the same veth pair.
Without root, veth or either kernel the test is skipped, loudly, with exit status 0 (--must: 1).
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
HOST4, PEER4, HOST6, PEER6 = "10.77.0.1", "10.77.0.2", "fd77::1", "fd77::2"
HOST_MAC, PEER_MAC = "02:77:00:00:00:01", "02:77:00:00:00:02"
# seqiv takes its salt from the random numbers of drbg, which needs the three in front of it.
MODULES = ["xfrm_user", "esp4", "esp6", "aes_generic", "ctr", "ghash-generic", "gcm", "hmac", "sha512_generic",
           "jitterentropy_rng", "drbg", "crypto_null", "seqiv"]
# name, IPv6, outbound for the host, SPI, bytes of the key, bytes of the ICV
SAS = [
    ("out4", False, True, 0x1001, 16, 16),
    ("in4", False, False, 0x1002, 16, 16),
    ("out6", True, True, 0x1003, 32, 12),
    ("in6", True, False, 0x1004, 32, 12),
]
CHECKSUMS_OFF = """
import fcntl, socket, struct, array, sys
data = array.array("B", struct.pack("II", 0x17, 0))  # ETHTOOL_STXCSUM
request = struct.pack("16sP", sys.argv[1].encode(), data.buffer_info()[0])
fcntl.ioctl(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), 0x8946, request)
"""
TICKS = """
import socket, sys, time
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind((sys.argv[1], 0))
while True:
    link.send(b"\\xff" * 6 + b"\\x02\\x77\\0\\0\\0\\x03\\x88\\xb6" + bytes(46))
    time.sleep(0.1)
"""


class Skip(Exception):
    """The test cannot run here."""


def key_of(spi, length):
    return bytes((spi * 7 + 13 * k) & 255 for k in range(length + 4))


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def sa_json():
    sas = []
    for name, six, out, spi, length, icv in SAS:
        host, peer = (HOST6, PEER6) if six else (HOST4, PEER4)
        src, dst = (host, peer) if out else (peer, host)
        sas.append({
            "name": name, "direction": "outbound" if out else "inbound", "src": src, "dst": dst,
            "udp_encapsulation": "none",
            "associations": [{
                "operation": "esp", "spi": spi, "esn": False, "sequence_high": 0, "encryption": f"aes-gcm-{8 * length}",
                "authentication": "none", "key": key_of(spi, length).hex(), "icv_length": icv}],
        })
    return {"sas": sas}


def xfrm(wrong_key):
    """What `ip` is told on the peer."""
    lines = []
    for _, six, out, spi, length, icv in SAS:
        host, peer = (HOST6, PEER6) if six else (HOST4, PEER4)
        src, dst = (host, peer) if out else (peer, host)
        key = bytearray(key_of(spi, length))
        if wrong_key:
            key[0] ^= 1
        lines.append(f"xfrm state add src {src} dst {dst} proto esp spi {spi} reqid {spi} mode transport "
                     f"aead rfc4106(gcm(aes)) 0x{key.hex()} {8 * icv}")
        lines.append(f"xfrm policy add src {src} dst {dst} dir {'in' if out else 'out'} "
                     f"tmpl src {src} dst {dst} proto esp reqid {spi} mode transport")
    return lines


def addresses(interface, mine4, mine6, other4, other6, other_mac):
    return [
        "link set lo up",
        f"link set {interface} up mtu 1400",
        f"addr add {mine4}/24 dev {interface}",
        f"addr add {mine6}/64 dev {interface} nodad",
        f"neigh replace {other4} lladdr {other_mac} dev {interface} nud permanent",
        f"neigh replace {other6} lladdr {other_mac} dev {interface} nud permanent",
    ]


class Wire(threading.Thread):
    """Listens on the wire: what is ESP, and what lies in the clear between the two."""

    def __init__(self, interface):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((interface, 0))
        self.esp = self.clear = 0

    def run(self):
        ours = {socket.inet_aton(HOST4), socket.inet_aton(PEER4)}
        ours6 = {socket.inet_pton(socket.AF_INET6, a) for a in (HOST6, PEER6)}
        while True:
            try:
                frame = self.socket.recv(65536)
            except OSError:
                return
            if frame[12:14] == b"\x08\x00" and {frame[26:30], frame[30:34]} == ours:
                protocol = frame[23]
            elif frame[12:14] == b"\x86\xdd" and {frame[22:38], frame[38:54]} == ours6:
                protocol = frame[20]
            else:
                continue
            if protocol == 50:
                self.esp += 1
            else:
                self.clear += 1


class Test:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ipsec-kernel-", dir="/tmp"))
        tag = f"{os.getpid() % 100000}"
        self.host_ns, self.peer_ns = f"ipsech{tag}", f"ipsecp{tag}"
        self.h0, self.h1, self.w0, self.w1 = (f"{x}{tag}" for x in ("ih", "jh", "iw", "jw"))
        self.processes = []

    def start(self, name, command, environment=None):
        log = open(self.folder / f"{name}.out", "w")
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **(environment or {})})
        self.processes.append(process)
        return process

    def wait_for(self, what, seconds, process=None):
        end = time.time() + seconds
        while not what():
            if process and process.poll() is not None:
                raise RuntimeError(f"{shlex.join(process.args)} ended with {process.returncode}; see {self.folder}")
            if time.time() > end:
                raise RuntimeError(f"nothing for {seconds} s; see {self.folder}")
            time.sleep(0.05)

    def kernel(self):
        """How the peer's kernel is had: None is the one at hand."""
        probe = ["ip", "netns", "exec", self.peer_ns, "ip", *xfrm(False)[0].split()]
        if subprocess.run(probe, capture_output=True).returncode == 0:
            run("ip", "netns", "exec", self.peer_ns, "ip", "xfrm", "state", "flush")
            return None
        unpacked = pathlib.Path(os.environ.get("IPSEC_UML", "/"))
        linux = unpacked / "usr/bin/linux.uml"
        modules = sorted((unpacked / "usr/lib/uml/modules").glob("*/modules.dep"))
        if not linux.exists() or not modules:
            raise Skip("the kernel at hand has no ESP or no AES-GCM, and there is no user-mode-linux "
                       "(apt-get install user-mode-linux)")
        return linux, modules[-1]

    def start_peer(self, kernel):
        count = str(self.options.count)
        environment = {"PEER_DIR": str(self.folder), "PEER_NAME": "peer", "PEER_COUNT": count, "PEER_TO4": HOST4,
                       "PEER_TO6": HOST6}
        interface = "vec0" if kernel else self.w0
        batch = addresses(interface, PEER4, PEER6, HOST4, HOST6, HOST_MAC) + xfrm(self.options.wrong_key)
        (self.folder / "ip.batch").write_text("\n".join(batch) + "\n")
        inside = ["ip", "netns", "exec", self.peer_ns]
        if kernel is None:
            run("ip", "-n", self.peer_ns, "link", "set", self.w0, "address", PEER_MAC)
            run(*inside, "ip", "-batch", str(self.folder / "ip.batch"))
            return self.start("peer", [*inside, str(self.folder / "peer")], environment)
        linux, listing = kernel
        self.write_modules(listing)
        preload = self.folder / "preload.so"
        run("cc", "-O1", "-shared", "-fPIC", "-o", preload, HERE / "kernel/preload.c", "-ldl")
        run(*inside, "sh", "-c", f"echo 1 > /proc/sys/net/ipv6/conf/{self.w0}/disable_ipv6")
        run("ip", "-n", self.peer_ns, "link", "set", self.w0, "up")
        # A Linux as a process misses an interrupt of its interface now and then; the next frame makes up for it.
        self.start("ticks", [*inside, sys.executable, "-c", TICKS, self.w0])
        command = [*inside, "env", f"LD_PRELOAD={preload}", str(linux), "mem=192M", "root=/dev/root",
                   "rootfstype=hostfs", "rootflags=/", "ro", f"init={self.folder}/peer", "con=null", "con0=null,fd:1",
                   f"vec0:transport=raw,ifname={self.w0},depth=64,mac={PEER_MAC}", "PEER_INIT=1",
                   # Of the registers only the classic ones are kept (preload.c): the C library must not use others.
                   "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-XSAVE,-XSAVEC,-RTM",
                   *(f"{k}={v}" for k, v in environment.items())]
        return self.start("linux", command)

    def write_modules(self, listing):
        needs = {}
        for line in listing.read_text().splitlines():
            module, _, others = line.partition(":")
            needs[module] = others.split()
        names = {re.sub(r"\.ko.*", "", os.path.basename(module)): module for module in needs}
        order = []
        for name in MODULES:
            if name not in names:
                continue  # built in
            for module in [*reversed(needs[names[name]]), names[name]]:
                if module not in order:
                    order.append(module)
        (self.folder / "modules").write_text("".join(f"{listing.parent / module}\n" for module in order))

    def set_up(self):
        run("ip", "netns", "add", self.host_ns)
        run("ip", "netns", "add", self.peer_ns)
        try:
            run("ip", "link", "add", self.h0, "type", "veth", "peer", "name", self.h1)
            run("ip", "link", "add", self.w0, "type", "veth", "peer", "name", self.w1)
        except RuntimeError as error:
            raise Skip(f"no veth pair: {error}")
        for end in (self.h1, self.w1):
            # Nothing of this machine's own on the board's ends.
            pathlib.Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
            run("ip", "link", "set", end, "up")
        run("ip", "link", "set", self.h0, "address", HOST_MAC, "netns", self.host_ns)
        run("ip", "link", "set", self.w0, "netns", self.peer_ns)
        inside = ["ip", "netns", "exec", self.host_ns]
        # Checksums are made before the frame leaves: on a veth pair they would be left to nobody.
        run(*inside, sys.executable, "-c", CHECKSUMS_OFF, self.h0)
        batch = "\n".join(addresses(self.h0, HOST4, HOST6, PEER4, PEER6, PEER_MAC))
        run(*inside, "ip", "-batch", "-", input=batch + "\n")
        run("cc", "-O1", "-static", "-o", self.folder / "peer", HERE / "kernel/peer.c")

    def board(self):
        (self.folder / "SA.json").write_text(json.dumps(sa_json()))
        command = [*shlex.split(self.options.board), "board", "--listen", "127.0.0.1:0", "--device",
                   self.options.device, "--config", self.options.config, "--host-if", self.h1, "--wire-if", self.w1,
                   "--sa", str(self.folder / "SA.json"), "--stats", str(self.folder / "board.json")]
        process = self.start("board", command)
        output = self.folder / "board.out"
        self.wait_for(lambda: "listening on" in output.read_text(), 60, process)
        address = re.search(r"listening on (\S+):(\d+):", output.read_text())
        return process, (address[1], int(address[2]))

    def registers(self, address, names):
        """Counters of the device, over the board's own protocol."""
        with socket.create_connection(address, timeout=20) as connection:
            stream = connection.makefile("rw", newline="\n")
            stream.readline()
            values = {}
            for name, at in names.items():
                stream.write(f"r 0x{at:04x}\n")
                stream.flush()
                values[name] = int(stream.readline().split()[1], 16)
        return values

    def play(self):
        self.set_up()
        kernel = self.kernel()
        wire = Wire(self.w1)
        wire.start()
        board, address = self.board()
        peer = self.start_peer(kernel)
        environment = {"PEER_DIR": str(self.folder), "PEER_NAME": "host", "PEER_COUNT": str(self.options.count),
                       "PEER_TO4": PEER4, "PEER_TO6": PEER6}
        host = self.start("host", ["ip", "netns", "exec", self.host_ns, str(self.folder / "peer")], environment)
        there = lambda name: (self.folder / name).exists()
        self.wait_for(lambda: there("peer.ready") and there("host.ready"), 120, peer)
        for name in ("guest.log", "ip.log"):
            if there(name) and (problem := (self.folder / name).read_text().strip()):
                raise RuntimeError(f"the peer's kernel is not set up: {problem}")
        begun = time.time()
        (self.folder / "go").touch()
        # With a wrong key nothing is ever answered.
        limit = 30 if self.options.wrong_key else self.options.seconds
        try:
            self.wait_for(lambda: there("peer.done") and there("host.done"), limit, board)
        except RuntimeError as error:
            print(error)
        seconds = time.time() - begun
        (self.folder / "stop").touch()
        self.wait_for(lambda: there("peer.json") and there("host.json"), 60)
        peer.wait(60)
        host.wait(60)
        status = 0x0478
        counters = self.registers(address, {f"RX_STATUS[{k}]": status + 8 * (k - 1) for k in range(1, 8)})
        board.send_signal(signal.SIGTERM)
        board.wait(60)
        return kernel, wire, counters, seconds

    def report(self, kernel, wire, counters, seconds):
        read = lambda name: json.loads((self.folder / name).read_text())
        host, peer, board = read("host.json"), read("peer.json"), read("board.json")
        if kernel:
            texts = [(self.folder / name).read_text() for name in ("xfrm_stat.txt", "xfrm_state.txt")]
        else:
            inside = ["ip", "netns", "exec", self.peer_ns]
            texts = [run(*inside, "cat", "/proc/net/xfrm_stat", "/proc/version"), run(*inside, "ip", "-s", "xfrm", "state")]
        version = re.search(r"Linux version \S+", texts[0])[0]
        errors = {name: int(value) for name, value in re.findall(r"(Xfrm\w+)\s+(\d+)", texts[0]) if int(value)}
        failed = sum(map(int, re.findall(r"failed (\d+)", texts[1])))
        print(f"peer: {version}{' as a process' if kernel else ''}; board: {self.options.device} {self.options.config}")
        lost = 0
        for name, side in (("host", host), ("peer", peer)):
            for flow in ("ping4", "ping6", "udp4", "udp6"):
                sent, answered, wrong = (side[flow][k] for k in ("sent", "answered", "wrong"))
                lost += self.options.count - answered + wrong
                print(f"  {name} {flow}: {sent} sent, {answered} answered, {wrong} wrong")
        packets = board["encapsulated"] + board["decapsulated"]
        print(f"{packets} packets with ESP in {seconds:.1f} s: {board['encapsulated']} to the peer, "
              f"{board['decapsulated']} from it; {lost} lost")
        print(f"ICV errors: {board['icv_errors']} on the board, {failed} in the kernel; kernel's errors: {errors or 'none'}")
        print(f"on the wire: {wire.esp} packets with ESP, {wire.clear} in the clear")
        wanted = 8 * self.options.count
        problems = [text for bad, text in [
            (lost, "packets were lost"),
            (board["encapsulated"] < wanted or board["decapsulated"] < wanted, "packets went past the device"),
            (board["icv_errors"] or failed or any(counters.values()), "ICV errors"),
            (errors, "the kernel counts errors"),
            (wire.clear, "packets in the clear on the wire"),
            (any(board[k] for k in ("clear_refused", "cannot_encapsulate", "refused", "overrun", "send_errors")),
             f"the board counts {board}"),
        ] if bad]
        for problem in problems:
            print(f"FAILED: {problem}")
        print(f"{0 if problems else 1} passed, {1 if problems else 0} failed")
        return 1 if problems else 0

    def clean(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    process.kill()
        for name in (self.host_ns, self.peer_ns):
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        for name in (self.h1, self.w1):
            subprocess.run(["ip", "link", "del", name], capture_output=True)
        if not self.options.keep:
            subprocess.run(["rm", "-rf", str(self.folder)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", default=f"{HERE.parent}/target/release/ipsec-cosim", metavar="COMMAND",
                        help="the ipsec-cosim command (default: the release build of this checkout)")
    parser.add_argument("--device", default="rtl", choices=["rtl", "model", "lockstep"])
    parser.add_argument("--config", metavar="NUMSAxSTAGES",
                        default=re.split("[, ]", os.environ.get("IPSEC_CONFIGS") or "1024x2")[0])
    parser.add_argument("--count", type=int, default=250, help="packets of each of 4 kinds that each side starts")
    parser.add_argument("--seconds", type=int, default=600, help="bound for the traffic")
    parser.add_argument("--keep", action="store_true", help="keep the folder with all outputs")
    parser.add_argument("--wrong-key", action="store_true", help="a wrong key on the peer: the test must fail")
    parser.add_argument("--must", action="store_true", help="being unable to run is a failure")
    options = parser.parse_args()
    test = Test(options)
    try:
        if os.geteuid() != 0:
            raise Skip("not root: network namespaces and raw sockets need it")
        result = test.report(*test.play())
    except Skip as skip:
        print(f"SKIPPED kernel IPsec test: {skip}")
        result = 1 if options.must else 0
    except RuntimeError as error:
        print(f"FAILED: {error}")
        result = 1
    finally:
        if options.keep:
            print(f"outputs in {test.folder}")
        test.clean()
    return result


if __name__ == "__main__":
    sys.exit(main())
