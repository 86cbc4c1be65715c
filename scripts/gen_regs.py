#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes everything that is made from the register description rtl/regs/ipsec_offload.rdl:

    rtl/regs/ipsec_offload_regs_pkg.sv, rtl/regs/ipsec_offload_regs.sv   PeakRDL-regblock
    rtl/regs/ipsec_offload_regs.h                                        PeakRDL-cheader
    model/src/regs.rs                                                    here
    docs/registers.md                                                    here

    scripts/gen_regs.py            writes the files
    scripts/gen_regs.py --check    writes them elsewhere, compares, exit 1 on a difference
    scripts/gen_regs.py --rdl F --out DIR    from another description into another tree

Exit 2 when the description does not compile. Run it in the environment of scripts/setup.sh ('make regs').
"""

import argparse
import difflib
import pathlib
import re
import subprocess
import sys
import tempfile

from systemrdl import RDLCompiler, RDLCompileError
from systemrdl.node import AddressableNode, MemNode, RegfileNode, AddrmapNode, RegNode
from peakrdl_regblock import RegblockExporter
from peakrdl_regblock.cpuif.passthrough import PassthroughCpuif
from peakrdl_regblock.udps import ALL_UDPS
from peakrdl_cheader.exporter import CHeaderExporter

ROOT = pathlib.Path(__file__).resolve().parent.parent
RDL = "rtl/regs/ipsec_offload.rdl"
NAME = "ipsec_offload_regs"
ADDRESS_WIDTH = 16
SPDX = "SPDX-License-Identifier: Apache-2.0"

# What Verilator says about the shape of PeakRDL's code (struct members driven by one always_comb
# each, struct bits nobody reads); names that 5.006 knows too.
WAIVED = ["MULTIDRIVEN", "UNUSED", "UNDRIVEN", "UNOPTFLAT", "BLKSEQ", "WIDTH"]


def die(text):
    print(f"gen_regs: {text}", file=sys.stderr)
    sys.exit(2)


# --- the tree, flattened ------------------------------------------------------------------------


class Entry:
    """A register or a memory with the arrays it sits in: [(count, stride), ...], outermost first."""

    def __init__(self, node, path, dims, base, spread):
        self.node = node
        self.path = path
        self.dims = dims
        self.base = base
        self.spread = spread  # how many of the dims each element of the path has

    @property
    def const(self):
        return "_".join(self.path).upper()

    @property
    def module(self):
        name = "_".join(self.path).lower()
        return name + "_" if name in KEYWORDS else name

    @property
    def title(self):
        name = self.node.get_property("name", default=None)
        return None if name in (None, self.node.inst_name) else name

    @property
    def is_mem(self):
        return isinstance(self.node, MemNode)

    def named(self, index):
        """The path with the indices where the arrays are."""
        left = list(index)
        parts = []
        for name, count in zip(self.path, self.spread):
            parts.append(name + "".join(f"[{left.pop(0)}]" for _ in range(count)))
        return ".".join(parts)

    def instances(self):
        """(indices, address) of each element."""
        found = [((), self.base)]
        for count, stride in self.dims:
            found = [(i + (k,), a + k * stride) for i, a in found for k in range(count)]
        return found


KEYWORDS = set(
    "as async await break const continue crate dyn else enum extern false fn for gen if impl in let "
    "loop match mod move mut pub ref return self static struct super trait true type union unsafe "
    "use where while yield".split()
)


def entries(node, path=(), dims=(), base=0, spread=()):
    for child in node.children(unroll=False):
        if not isinstance(child, AddressableNode):
            continue
        here = path + (child.inst_name,)
        at = base + child.raw_address_offset
        arrays = dims
        here_spread = spread + (len(child.array_dimensions) if child.is_array else 0,)
        if child.is_array:
            sizes = child.array_dimensions
            stride = child.array_stride
            strides = []
            for size in reversed(sizes):
                strides.insert(0, stride)
                stride *= size
            arrays = dims + tuple(zip(sizes, strides))
        if isinstance(child, (RegNode, MemNode)):
            yield Entry(child, here, arrays, at, here_spread)
        elif isinstance(child, (RegfileNode, AddrmapNode)):
            yield from entries(child, here, arrays, at, here_spread)


def text(node):
    """The description as one paragraph per blank line, without RDL markup."""
    desc = node.get_property("desc", default=None) or ""
    desc = re.sub(r"\[/?(b|i|u|code|p|br)\]", "", desc)
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", desc.strip()) if part.strip()]


def masks(reg):
    read = write = reset = hardware = 0
    for field in reg.fields():
        mask = ((1 << field.width) - 1) << field.low
        read |= mask if field.is_sw_readable else 0
        write |= mask if field.is_sw_writable else 0
        hardware |= mask if field.is_hw_writable else 0
        value = field.get_property("reset")
        if isinstance(value, int):
            reset |= value << field.low
    return read, write, reset, hardware


def access(read, write):
    return {(True, True): "rw", (True, False): "r", (False, True): "w"}.get((read, write), "-")


def field_access(field):
    how = access(field.is_sw_readable, field.is_sw_writable)
    notes = []
    for prop in ("onread", "onwrite"):
        value = field.get_property(prop)
        if value is not None:
            notes.append(value.name)
    if field.get_property("singlepulse"):
        notes.append("pulse")
    if field.get_property("hwset") or field.get_property("intr"):
        notes.append("sticky")
    return how + (" " + ", ".join(notes) if notes else "")


# --- Rust ---------------------------------------------------------------------------------------

RUST_HEAD = """\
// {spdx}
// Generated from {rdl} by scripts/gen_regs.py: edit that, then run `make regs`.

//! Addresses, fields and reset values of the device's registers.

/// A field of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {{
    /// Lowest bit.
    pub lsb: u32,
    /// Number of bits.
    pub width: u32,
}}

impl Field {{
    /// The bits of the field, set.
    pub const fn mask(self) -> u32 {{
        (u32::MAX >> (32 - self.width)) << self.lsb
    }}

    /// The value of the field in the register word.
    pub const fn get(self, word: u32) -> u32 {{
        (word & self.mask()) >> self.lsb
    }}

    /// The register word with the field replaced; bits of the value beyond the width are dropped.
    pub const fn set(self, word: u32, value: u32) -> u32 {{
        (word & !self.mask()) | ((value << self.lsb) & self.mask())
    }}

    /// A word of this field alone.
    pub const fn of(self, value: u32) -> u32 {{
        self.set(0, value)
    }}
}}

/// One register, for code that walks over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {{
    /// Name as in the documentation, with its index.
    pub name: &'static str,
    /// Byte address.
    pub address: u32,
    /// Value after reset (0 in bits that have none).
    pub reset: u32,
    /// Bits that software can read.
    pub readable: u32,
    /// Bits that software can write.
    pub writable: u32,
    /// Bits that hardware can change.
    pub hardware: u32,
    /// Kept outside the generated register block.
    pub external: bool,
}}

/// One memory, for code that walks over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {{
    /// Name as in the documentation, with its index.
    pub name: &'static str,
    /// Byte address.
    pub address: u32,
    /// Bytes.
    pub size: u32,
    /// Software can read it.
    pub readable: bool,
    /// Software can write it.
    pub writable: bool,
}}

"""


def escape(line):
    return line.replace("[", "\\[").replace("]", "\\]").replace("<", "\\<")


def rust_doc(title, paragraphs, extra=None, fallback=None):
    lines = []
    if title:
        lines.append(escape(title).rstrip(".") + ".")
    for paragraph in paragraphs:
        if lines:
            lines.append("")
        lines.append(escape(paragraph))
    if extra:
        if lines:
            lines.append("")
        lines.append(extra)
    if not lines:
        lines = [fallback]
    return "".join(f"/// {line}".rstrip() + "\n" for line in lines)


def rust(top, rdl):
    out = [RUST_HEAD.format(spdx=SPDX, rdl=rdl)]
    every = list(entries(top))
    for entry in every:
        node = entry.node
        kind = "memory" if entry.is_mem else "register"
        path = ".".join(entry.path)
        where = f"`{path}`"
        if entry.dims:
            where += ", an array of " + " x ".join(str(c) for c, _ in entry.dims)
        if entry.is_mem:
            where += f": {node.size:#x} bytes"
        doc = rust_doc(entry.title, text(node), where + ".")
        if entry.dims:
            names = "ijkl"[: len(entry.dims)]
            arguments = ", ".join(f"{n}: u32" for n in names)
            terms = "".join(f" + {n} * {s:#x}" for n, (_, s) in zip(names, entry.dims))
            out.append(f"{doc}pub const fn {entry.module}({arguments}) -> u32 {{ {entry.base:#06x}{terms} }}\n")
            for n, (count, _) in zip(names, entry.dims):
                suffix = "" if len(names) == 1 else f"_{n.upper()}"
                out.append(f"/// Elements of [`{entry.module}()`].\npub const {entry.const}_COUNT{suffix}: u32 = {count};\n")
        else:
            out.append(f"{doc}pub const {entry.const}: u32 = {entry.base:#06x};\n")
        if entry.is_mem:
            out.append(f"/// Bytes of the {kind} `{path}`.\npub const {entry.const}_SIZE: u32 = {node.size:#x};\n\n")
            continue
        body = []
        for field in node.fields():
            name = field.inst_name.upper()
            title = field.get_property("name", default=None)
            title = None if title == field.inst_name else title
            body.append(
                rust_doc(title, text(field), fallback=f"`{path}.{field.inst_name}`.")
                + f"pub const {name}: Field = Field {{ lsb: {field.low}, width: {field.width} }};\n"
            )
            encode = field.get_property("encode")
            for member in encode or []:
                doc = rust_doc(member.rdl_name, [" ".join((member.rdl_desc or "").split())] if member.rdl_desc else [],
                               fallback=f"`{member.name}` in [`{name}`].")
                body.append(f"{doc}pub const {name}_{member.name.upper()}: u32 = {member.value:#x};\n")
        reset = masks(node)[2]
        body.append(f"/// The register after reset.\npub const RESET: u32 = {reset:#x};\n")
        fields = "use super::Field;\n" if any("Field" in b for b in body) else ""
        out.append(f"/// Fields of `{path}`.\npub mod {entry.module} {{\n{fields}{''.join(body)}}}\n\n")

    out.append("/// Every register, array elements one by one, by address.\npub const REGISTERS: &[Register] = &[\n")
    rows = []
    for entry in every:
        for index, address in entry.instances():
            rows.append((address, entry, entry.named(index)))
    rows.sort(key=lambda row: row[0])
    for address, entry, name in rows:
        if not entry.is_mem:
            read, write, reset, hardware = masks(entry.node)
            external = str(entry.node.external).lower()
            out.append(
                f'Register {{ name: "{name}", address: {address:#06x}, reset: {reset:#x}, readable: {read:#x}, '
                f"writable: {write:#x}, hardware: {hardware:#x}, external: {external} }},\n"
            )
    out.append("];\n\n/// Every memory, by address.\npub const MEMORIES: &[Memory] = &[\n")
    for address, entry, name in rows:
        if entry.is_mem:
            node = entry.node
            out.append(
                f'Memory {{ name: "{name}", address: {address:#06x}, size: {node.size:#x}, '
                f"readable: {str(node.is_sw_readable).lower()}, writable: {str(node.is_sw_writable).lower()} }},\n"
            )
    out.append("];\n")
    config = ["--config-path", str(ROOT)] if (ROOT / "rustfmt.toml").exists() else []
    try:
        done = subprocess.run(["rustfmt", "--edition", "2024", *config], input="".join(out), text=True,
                              capture_output=True, check=True)
    except FileNotFoundError:
        die("rustfmt is missing: install it with `rustup component add rustfmt`")
    except subprocess.CalledProcessError as error:
        die(f"rustfmt refuses the generated Rust: {error.stderr.strip().splitlines()[0]}")
    return done.stdout


# --- Markdown -----------------------------------------------------------------------------------


def cell(value):
    return str(value).replace("|", "\\|").replace("\n", " ")


def place(entry):
    """Address as a formula over the indices."""
    terms = "".join(f" + {n}·{s:#x}" for n, (_, s) in zip("ijkl", entry.dims))
    return f"`{entry.base:#06x}`{terms}"


def shown(entry):
    return entry.named("ijkl"[: len(entry.dims)])


def anchor(entry):
    return "reg-" + "-".join(entry.path).lower()


def markdown(top, rdl):
    every = sorted(entries(top), key=lambda entry: entry.base)
    out = [f"<!-- {SPDX} -->\n<!-- Generated from {rdl} by scripts/gen_regs.py: edit that, then run `make regs`. -->\n\n"]
    out.append("# Registers\n\n")
    for paragraph in text(top):
        out.append(paragraph + "\n\n")
    out.append("Addresses are bytes from the start of the register window; every access is 32 bits wide.\n"
               "Access is the software's: r, w, rw; `woclr` = write ones to clear, `rclr` = cleared by reading, `pulse` = reads 0.\n\n")
    out.append("## Summary\n\n| address | register | elements | access | after reset | what it is |\n|---|---|---|---|---|---|\n")
    for entry in every:
        node = entry.node
        count = " x ".join(str(c) for c, _ in entry.dims)
        what = entry.title or (text(node) or [""])[0]
        if entry.is_mem:
            how, reset = access(node.is_sw_readable, node.is_sw_writable), ""
            what = f"memory of {node.size:,} bytes: {what}"
        else:
            read, write, reset, _ = masks(node)
            how, reset = access(bool(read), bool(write)), f"`{reset:#010x}`"
        out.append(f"| {place(entry)} | [{shown(entry)}](#{anchor(entry)}) | {count} | {how} | {reset} | {cell(what)} |\n")
    out.append("\n")
    for entry in every:
        node = entry.node
        title = f": {entry.title}" if entry.title else ""
        out.append(f'<a id="{anchor(entry)}"></a>\n\n## {shown(entry)}{title}\n\n')
        where = f"Address {place(entry)}"
        for n, (count, _) in zip("ijkl", entry.dims):
            where += f", {n} = 0 to {count - 1}"
        if entry.is_mem:
            where += f"; {node.size:,} bytes, {node.get_property('memwidth')} bits an entry"
        out.append(where + ".\n\n")
        for paragraph in text(node):
            out.append(paragraph + "\n\n")
        if entry.is_mem:
            continue
        out.append("| bits | field | access | after reset | what it is |\n|---|---|---|---|---|\n")
        for field in reversed(list(node.fields())):
            bits = str(field.low) if field.width == 1 else f"{field.high}:{field.low}"
            reset = field.get_property("reset")
            reset = f"`{reset:#x}`" if isinstance(reset, int) else "-"
            title = field.get_property("name", default=None)
            words = ([] if title in (None, field.inst_name) else [title.rstrip(".") + "."]) + text(field)
            for member in field.get_property("encode") or []:
                desc = " ".join((member.rdl_desc or member.rdl_name or "").split())
                words.append(f"`{member.value:#x}` = {member.name}" + (f" ({desc})" if desc else "") + ";")
            what = " ".join(words).rstrip(";")
            out.append(f"| {bits} | `{field.inst_name}` | {field_access(field)} | {reset} | {cell(what)} |\n")
        out.append("\n")
    return "".join(out).rstrip("\n") + "\n"


# --- all ----------------------------------------------------------------------------------------


def refuse_arrays(node):
    """Verilator 5.006 ends with an internal error ("No VarRef or Const under ArraySel") on an array inside
    an unpacked struct, which is what PeakRDL makes of one. Inside an external block there is no such code."""
    for child in node.children(unroll=False):
        if isinstance(child, AddressableNode):
            if child.is_array:
                die(f"{child.get_path()} is an array, which Verilator 5.006 cannot take: "
                    "name its elements one by one, or put it inside an external regfile or addrmap")
            if not child.external:
                refuse_arrays(child)


def systemverilog(path, rdl):
    """PeakRDL's file under our header, with its lint messages silenced for Verilator."""
    generated = path.read_text()
    off = "\n".join(f"// verilator lint_off {name}" for name in WAIVED)
    path.write_text(
        f"// {SPDX}\n// Generated from {rdl} by scripts/gen_regs.py: edit that, then run `make regs`.\n"
        f"// verilog_lint: off\n// verilator lint_save\n{off}\n\n{generated.rstrip()}\n\n// verilator lint_restore\n"
    )


def generate(rdl, shown_rdl, out):
    compiler = RDLCompiler()
    for udp in ALL_UDPS:
        compiler.register_udp(udp)
    try:
        compiler.compile_file(str(rdl))
        root = compiler.elaborate()
    except RDLCompileError:
        die(f"{rdl} does not compile: see the messages above")
    top = root.top
    refuse_arrays(top)
    regs = out / "rtl/regs"
    for folder in (regs, out / "model/src", out / "docs"):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        RegblockExporter().export(
            root, str(regs), cpuif_cls=PassthroughCpuif, module_name=NAME, package_name=f"{NAME}_pkg",
            address_width=ADDRESS_WIDTH, default_reset_activelow=True, default_reset_async=True,
        )
    except (RDLCompileError, SystemExit):
        die(f"PeakRDL-regblock refuses {rdl}: see the messages above")
    files = [regs / f"{NAME}_pkg.sv", regs / f"{NAME}.sv"]
    for file in files:
        systemverilog(file, shown_rdl)
    header = regs / f"{NAME}.h"
    CHeaderExporter().export(root, str(header))
    header.write_text(
        f"// {SPDX}\n// Generated from {shown_rdl} by scripts/gen_regs.py: edit that, then run `make regs`.\n"
        + header.read_text().rstrip() + "\n"
    )
    source = out / "model/src/regs.rs"
    source.write_text(rust(top, shown_rdl))
    document = out / "docs/registers.md"
    document.write_text(markdown(top, shown_rdl))
    return [file.relative_to(out) for file in (*files, header, source, document)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files in the tree, write nothing")
    parser.add_argument("--rdl", type=pathlib.Path, default=ROOT / RDL, help="register description")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT, help="tree to write into")
    options = parser.parse_args()
    if not options.rdl.is_file():
        die(f"{options.rdl} is missing: it is the source of all register files")
    rdl = options.rdl.resolve()
    shown_rdl = rdl.relative_to(ROOT) if rdl.is_relative_to(ROOT) else rdl.name
    if not options.check:
        for file in generate(rdl, shown_rdl, options.out):
            print(f"gen_regs: wrote {file}")
        return 0
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        fresh = pathlib.Path(folder)
        for file in generate(rdl, shown_rdl, fresh):
            old = options.out / file
            before = old.read_text() if old.is_file() else ""
            after = (fresh / file).read_text()
            if before != after:
                different += 1
                lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"{file} (in the tree)",
                                             f"{file} (from {shown_rdl})", lineterm="", n=1)
                print("\n".join(list(lines)[:30]))
    if different:
        print(f"gen_regs: {different} generated file(s) differ from {shown_rdl}: run 'make regs'", file=sys.stderr)
        return 1
    print(f"gen_regs: the register files are those of {shown_rdl}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
