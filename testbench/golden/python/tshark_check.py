#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the captures of a golden pack with tshark, decrypts ESP with the pack's own key file, and compares.

    tshark_check.py FOLDER       of one volume: *.pcapng and esp_sa

On the wire side of each direction (m_axis_tx, s_axis_rx) tshark finds ESP packets, decrypts them and checks their ICV.
What it decrypts must be what stands on the host side (s_axis_tx, m_axis_rx) in the frame of the same comment. A received
packet whose ICV it finds good or bad must have the CryptoStatus that goes with that. Exit status 1 at the first
difference.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

FIELDS = ["frame.comment", "esp.spi", "esp.encrypted_data", "esp.decrypted_data", "esp.icv_good", "esp.icv_bad"]
FIELDS += ["ip.dst", "ipv6.dst"]
# Payloads are drawn: what dissectors make of them must not stand in the way of the ESP dissector's verdict.
KEPT = r"frame|eth|ethertype|vlan|ip|ipv6|ipv6\..*|udp|udpencap|esp|ah|data|file-pcapng|pcapng"


class Tshark:
    def __init__(self, keys):
        self.home = tempfile.mkdtemp(prefix="golden-tshark-")
        folder = os.path.join(self.home, "wireshark")
        os.mkdir(folder)
        shutil.copy(keys, os.path.join(folder, "esp_sa"))
        self.environment = dict(os.environ, XDG_CONFIG_HOME=self.home, HOME=self.home)
        with open(keys, encoding="ascii") as file:
            found = re.findall(r'^"IPv[46]","[^"]*","([^"]*)","0x([0-9a-f]+)"', file.read(), re.M)
        self.keys = {(address, int(spi, 16)) for address, spi in found}
        known = self.run(["-G", "protocols"]).splitlines()
        names = [line.split("\t")[2] for line in known]
        with open(os.path.join(folder, "disabled_protos"), "w", encoding="ascii") as file:
            file.writelines(name + "\n" for name in names if not re.fullmatch(KEPT, name))

    def run(self, arguments):
        done = subprocess.run(["tshark", *arguments], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"tshark {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def read(self, path):
        """Of each frame the fields, each a list of what occurs."""
        arguments = ["-r", path, "-n", "-o", "esp.enable_encryption_decode:TRUE"]
        arguments += ["-o", "esp.enable_authentication_check:TRUE", "-T", "fields"]
        arguments += ["-E", "separator=;", "-E", "occurrence=a", "-E", "aggregator=,"]
        for field in FIELDS:
            arguments += ["-e", field]
        rows = []
        for line in self.run(arguments).splitlines():
            comment, *values = line.split(";")
            rows.append([comment, *([v for v in value.split(",") if v] for value in values)])
        return rows

    def bytes_of(self, path):
        """The bytes of each frame, from its hex dump."""
        frames = [b""]
        for line in self.run(["-r", path, "-n", "-x"]).splitlines():
            if m := re.match(r"^([0-9a-f]{4,}) +((?:[0-9a-f]{2} )*[0-9a-f]{2})", line):
                if int(m[1], 16) == 0 and frames[-1]:
                    frames.append(b"")
                frames[-1] += bytes.fromhex(m[2])
        return [frame for frame in frames if frame]


def ident(comment):
    return " ".join(comment.split()[:2])


def compare(tshark, wire, host, receive, counts):
    host_rows = tshark.read(host)
    host_frames = dict(zip((ident(row[0]) for row in host_rows), tshark.bytes_of(host)))
    comments = {ident(row[0]): row[0] for row in host_rows}
    if len(host_frames) != len(host_rows):
        sys.exit(f"{host}: tshark shows {len(host_frames)} frames of {len(host_rows)}")
    for (comment, spi, encrypted, decrypted, good, bad, *to), frame in zip(tshark.read(wire), tshark.bytes_of(wire), strict=True):
        name = ident(comment)
        if not spi:
            continue
        # Sent without a handle: it passed as it was.
        if not receive and frame == host_frames.get(name):
            counts["passed"] += 1
            continue
        counts["esp"] += 1
        is_good, is_bad = good and set(good) <= {"1", "True"}, bad and set(bad) & {"1", "True"}
        counts["icv good"] += bool(is_good)
        counts["icv bad"] += bool(is_bad)
        if name not in host_frames:
            sys.exit(f"{wire}: {name}: no such frame in {host}")
        status = 0
        done = True
        if receive:
            words = re.search(r"slot1=0x(\w+)", comments[name])
            slot1 = int(words[1], 16)
            status, done = slot1 >> 16, bool(slot1 & 2)
            if done and status == 0 and is_bad and not is_good:
                counts["esn"] += 1
            if done and status != 0 and is_good and status not in (6, 7, 1):
                sys.exit(f"{wire}: {name}: ICV good, but CryptoStatus {status}")
        if not done or status != 0:
            continue
        # tshark leaves a ciphertext that is not a multiple of 4 alone, as RFC 4303 says; the device does not mind.
        odd = any(len(bytes.fromhex(data.replace(":", ""))) % 4 for data in encrypted)
        if len(decrypted) != len(spi):
            addresses = [address for version in to for address in version]
            known = all(any((address, int(one, 16)) in tshark.keys for address in addresses) for one in spi)
            if known and not odd:
                sys.exit(f"{wire}: {name}: tshark does not decrypt it, though it has the key")
            counts["left alone"] += 1
            continue
        # The last one is the innermost: what is in front of it is deciphered too.
        plain = bytes.fromhex(decrypted[-1].replace(":", ""))
        if plain not in host_frames[name]:
            sys.exit(f"{wire}: {name}: tshark decrypts {plain.hex()}, which is not in the frame of {host}")
        counts["decrypted and equal"] += 1


def main(folder):
    at = lambda name: os.path.join(folder, name)
    counts = {"passed": 0, "esp": 0, "icv good": 0, "icv bad": 0, "esn": 0, "left alone": 0, "decrypted and equal": 0}
    tshark = Tshark(at("esp_sa"))
    try:
        compare(tshark, at("m_axis_tx.pcapng"), at("s_axis_tx.pcapng"), False, counts)
        compare(tshark, at("s_axis_rx.pcapng"), at("m_axis_rx.pcapng"), True, counts)
    finally:
        shutil.rmtree(tshark.home)
    print(f"{folder}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
