#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens the captures of a golden pack with tshark, decrypts ESP with the pack's own key file, and compares.

    tshark_check.py FOLDER       of one volume: *.pcapng and esp_sa

On the wire side of each direction (m_axis_tx, s_axis_rx) tshark finds ESP packets, decrypts them and checks their ICV.
What it decrypts must be what stands on the host side (s_axis_tx, m_axis_rx) in the frame of the same comment. A received
packet whose ICV it finds good or bad must have the CryptoStatus that goes with that. Exit status 1 at the first
difference.

tshark deciphers every ESP header that it has a key for; the device those that the SA of a packet sent, or what it
found for one received, covers. So of a packet with several the outermost or the innermost text must be equal; with
NextCryptoDone the innermost. A sent AH has its ICV on the wire only, and so has an ESP inside ESP that is not encrypted.
With AH in a packet the CryptoStatus can be AH's.
Where an exact SA and a wildcard have one SPI, a handle says which was meant, and tshark cannot know: "ambiguous".
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

FIELDS = ["frame.comment", "esp.spi", "esp.encrypted_data", "esp.decrypted_data", "esp.icv_good", "esp.icv_bad"]
FIELDS += ["ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "ah.icv"]
# Payloads are drawn: what dissectors make of them must not stand in the way of the ESP dissector's verdict.
NEXT_CRYPTO_DONE = 1 << 2  # in the receive word of slot 1
KEPT = r"frame|eth|ethertype|vlan|ip|ipv6|ipv6\..*|udp|udpencap|esp|ah|data|file-pcapng|pcapng"


class Tshark:
    def __init__(self, keys):
        self.home = tempfile.mkdtemp(prefix="golden-tshark-")
        folder = os.path.join(self.home, "wireshark")
        os.mkdir(folder)
        shutil.copy(keys, os.path.join(folder, "esp_sa"))
        self.environment = dict(os.environ, XDG_CONFIG_HOME=self.home, HOME=self.home)
        with open(keys, encoding="ascii") as file:
            found = re.findall(r'(^# with ext.*\n)?^"(IPv[46])","([^"]*)","([^"]*)","0x([0-9a-f]+)"', file.read(), re.M)
        self.keys = [(version == "IPv6", src, dst, int(spi, 16), bool(esn)) for esn, version, src, dst, spi in found]
        known = self.run(["-G", "protocols"]).splitlines()
        names = [line.split("\t")[2] for line in known]
        with open(os.path.join(folder, "disabled_protos"), "w", encoding="ascii") as file:
            file.writelines(name + "\n" for name in names if not re.fullmatch(KEPT, name))

    def run(self, arguments):
        # Reassembled packets would be packets of their own in a dump.
        whole = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]
        done = subprocess.run(["tshark", *arguments, *(whole if "-r" in arguments else [])], env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"tshark {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def keys_for(self, spi, sources, destinations):
        """The keys that there are for an SPI between any of the addresses in a packet: of each whether it has ESN."""
        def fits(at, addresses, version6):
            return at in addresses or (at == "*" and any((":" in address) == version6 for address in addresses))

        return [esn for six, src, dst, number, esn in self.keys
                if number == spi and fits(src, sources, six) and fits(dst, destinations, six)]

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
    host_frames = dict(zip((ident(row[0]) for row in host_rows), tshark.bytes_of(host), strict=True))
    comments = {ident(row[0]): row[0] for row in host_rows}
    if len(host_frames) != len(host_rows):
        sys.exit(f"{host}: tshark shows {len(host_frames)} frames of {len(host_rows)}")
    for row, frame in zip(tshark.read(wire), tshark.bytes_of(wire), strict=True):
        comment, spi, encrypted, decrypted, good, bad, src4, src6, dst4, dst6, icvs = row
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
            if done and status != 0 and is_good and not icvs and status not in (6, 7, 1):
                sys.exit(f"{wire}: {name}: ICV good, but CryptoStatus {status}")
        if not done or status != 0:
            continue
        # tshark leaves a ciphertext that is not a multiple of 4 alone, as RFC 4303 says; the device does not mind.
        odd = any(len(octets(data)) % 4 for data in encrypted)
        known = [tshark.keys_for(int(one, 16), [*src4, *src6], [*dst4, *dst6]) for one in spi]
        if any(len(keys) > 1 for keys in known):
            counts["ambiguous"] += 1
            continue
        extended = any(any(keys) for keys in known)
        counts["esn"] += bool(is_bad and extended)
        if len(decrypted) != len(spi):
            if all(known) and not odd:
                sys.exit(f"{wire}: {name}: tshark does not decrypt it, though it has the key")
            if not decrypted:
                counts["left alone"] += 1
                continue
        # Sent as asked: bytes of the device are the padding there.
        at = frame.find(octets(encrypted[0]))
        if not receive and reaches_into_padding(host_frames[name][at:at + len(octets(decrypted[0]))]):
            counts["left alone"] += 1
            continue
        if is_bad and not extended and len(decrypted) == len(spi):
            sys.exit(f"{wire}: {name}: tshark finds a bad ICV, the device a good one")
        innermost = receive and bool(int(words[1], 16) & NEXT_CRYPTO_DONE)
        filled_in = [] if receive else icvs
        found = [stands_in(octets(text), host_frames[name], filled_in) for text in decrypted]
        if not receive and len(decrypted) < len(spi):
            found[0] |= all_but_an_icv(octets(decrypted[0]), octets(encrypted[0]), frame, host_frames[name], icvs)
        if not found[-1] and (innermost or not found[0]):
            sys.exit(f"{wire}: {name}: tshark decrypts {decrypted[-1]}, which is not in the frame of {host}")
        counts["decrypted and equal"] += 1
        counts["innermost"] += found[-1]


def octets(text):
    return bytes.fromhex(text.replace(":", ""))


def stands_in(text, frame, filled_in):
    """Whether a text is part of a frame; the device filled in what these fields say."""
    pattern = re.escape(text)
    for field in map(octets, filled_in):
        pattern = pattern.replace(re.escape(field), b"[\\x00-\\xff]{%d}" % len(field))
    return re.search(pattern, frame) is not None


def reaches_into_padding(text):
    """Whether the length of an inner IP packet is larger than its room in the text of a tunnel."""
    *_, pad_length, next_header = text
    if next_header == 4:
        length = int.from_bytes(text[2:4], "big")
    elif next_header == 41:
        length = 40 + int.from_bytes(text[4:6], "big")
    else:
        return False
    return length > len(text) - 2 - pad_length


def all_but_an_icv(text, cipher, wire, host, icvs):
    """Whether the outermost text is the host's, where an ESP inside has no key that tshark could use: the device filled
    its ICV in, which is 16 bytes at the most."""
    at = wire.find(cipher)
    there = host[at:at + len(text)]
    known = [range(text.find(field), text.find(field) + len(field)) for field in map(octets, icvs)]
    other = [i for i, (a, b) in enumerate(zip(text, there)) if a != b and not any(i in one for one in known)]
    return at > 0 and len(there) == len(text) and (not other or other[-1] - other[0] < 16)


def main(folder):
    at = lambda name: os.path.join(folder, name)
    counts = {"passed": 0, "esp": 0, "icv good": 0, "icv bad": 0, "esn": 0, "left alone": 0, "ambiguous": 0}
    counts |= {"innermost": 0, "decrypted and equal": 0}
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
