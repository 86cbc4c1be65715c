# SPDX-License-Identifier: Apache-2.0
"""Second opinion of golden packs: each line of the input is a frame before and after the device, and the portions
that were done on it, in order. AES-GCM is OpenSSL's, by way of the package cryptography; nonces, what is authenticated and
the mutable fields of AH are written here from RFC 4106, 4543 and 4302 alone."""

import json
import sys

import cryptography
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

# RFC 4302, appendix A1: security, extended security, commercial security, router alert, sender directed.
IMMUTABLE_OPTIONS = {130, 133, 134, 148, 149}


def covered_by_ah(packet, ah):
    """The packet as RFC 4302 3.3.3 has it for the ICV."""
    out = bytearray(packet)
    if out[0] >> 4 == 4:
        out[1] = 0  # DSCP, ECN
        out[6:8] = bytes(2)  # flags, fragment offset
        out[8] = 0  # TTL
        out[10:12] = bytes(2)  # checksum
        at, end = 20, 4 * (out[0] & 15)
        while at < end:
            kind = out[at]
            if kind == 0:
                break
            if kind == 1:
                at += 1
                continue
            # A length that lies (RFC 791 has none below 2) takes its own two bytes, and no more than there are.
            size = min(max(out[at + 1], 2), end - at) if at + 1 < end else end - at
            if kind not in IMMUTABLE_OPTIONS:
                out[at : at + size] = bytes(size)
            at += size
    else:
        out[0] = 0x60  # traffic class
        out[1:4] = bytes(3)  # traffic class, flow label
        out[7] = 0  # hop limit
        kind, at = out[6], 40
        while at < ah:
            size = 8 * (out[at + 1] + 1)
            if kind in (0, 60):  # hop-by-hop, destination: options that may change en route
                option = at + 2
                while option < at + size:
                    if out[option] == 0:
                        option += 1
                        continue
                    length = out[option + 1]
                    if out[option] & 0x20:
                        out[option + 2 : option + 2 + length] = bytes(length)
                    option += 2 + length
            kind = out[at]
            at += size
    out[ah + 20 : ah + 36] = bytes(16)
    return bytes(out)


def gcm(portion, nonce_iv):
    key = bytes.fromhex(portion["key"])
    return algorithms.AES(key[:-4]), key[-4:] + nonce_iv


def portion(frame, p):
    """Does one portion on the frame; why it is not as said, if it is not."""
    at, end, icv = p["at"], p["end"], p["icv"]
    high = b"" if p["esn"] is None else p["esn"].to_bytes(4, "big")
    if p["kind"] == "ah":
        aes, nonce = gcm(p, bytes(frame[at + 12 : at + 20]))
        aad = covered_by_ah(frame[p["ip"] : end], at - p["ip"]) + high
        place, text = slice(at + 20, at + 36), None
    else:
        aes, nonce = gcm(p, bytes(frame[at + 8 : at + 16]))
        aad = bytes(frame[at : at + 4]) + high + bytes(frame[at + 4 : at + 8])
        place, text = slice(end - icv, end), slice(at + 16, end - icv)
        if p["kind"] == "esp-gmac":
            aad += bytes(frame[at + 8 : end - icv])
            text = None
    content = b"" if text is None else bytes(frame[text])
    if p["seal"]:
        one = Cipher(aes, modes.GCM(nonce)).encryptor()
        one.authenticate_additional_data(aad)
        done = one.update(content) + one.finalize()
        frame[place] = one.tag[: place.stop - place.start]
    else:
        tag = bytes(frame[place])
        one = Cipher(aes, modes.GCM(nonce, tag, min_tag_length=len(tag))).decryptor()
        one.authenticate_additional_data(aad)
        done = one.update(content)
        try:
            done += one.finalize()
            good = True
        except InvalidTag:
            good = False
        if good != p["good"]:
            return "the ICV is " + ("good" if good else "wrong")
        if not good:
            return None
    if text is not None:
        frame[text] = done
    return None


def disagreement(one, portions):
    """Why these portions do not make of the frame what came out."""
    frame, after = bytearray.fromhex(one["before"]), bytes.fromhex(one["after"])
    for p in portions:
        try:
            why = portion(frame, p)
        except (IndexError, ValueError) as error:
            why = f"its lengths do not fit: {error}"
        if why is not None:
            return why
    if bytes(frame) != after:
        first = next((k for k, (a, b) in enumerate(zip(frame, after)) if a != b), min(len(frame), len(after)))
        return f"byte {first} differs"
    return None


def main():
    portions, wrong = 0, []
    for line in sys.stdin:
        one = json.loads(line)
        sure = [p for p in one["portions"] if not p["maybe"]]
        portions += len(sure)
        why = disagreement(one, sure)
        if why is not None and len(sure) < len(one["portions"]):
            why = disagreement(one, one["portions"])
            portions += len(one["portions"]) - len(sure)
        if why is not None:
            wrong.append({"case": one["case"], "frame": one["frame"], "why": why})
    versions = {
        "cryptography": cryptography.__version__,
        "openssl": backend.openssl_version_text(),
        "python": sys.version.split()[0],
    }
    json.dump({"portions": portions, "wrong": wrong, "versions": versions}, sys.stdout)


main()
