// SPDX-License-Identifier: Apache-2.0

//! A plain struct that C++ and Rust lay out alike.

use std::collections::HashSet;
use std::fmt::Write as _;

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Name in the design.
    pub(crate) name: String,
    /// Name in Rust and in the C++ struct.
    pub(crate) ident: String,
    /// C++ expression of the signal it carries.
    pub(crate) place: String,
    pub(crate) bits: u32,
    pub(crate) offset: u32,
}

/// A record: fields in an order that needs no padding between them, so that two records are equal
/// exactly if their bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) fields: Vec<Field>,
    /// Bytes after the last field that fill up to the struct's alignment.
    pub(crate) tail: u32,
    pub(crate) size: u32,
}

/// 32-bit words of a vector that is kept as an array of them.
pub(crate) fn words(bits: u32) -> u32 {
    bits.div_ceil(32)
}

/// Bytes that Verilator keeps a vector of `bits` bits in.
pub(crate) fn bytes(bits: u32) -> u32 {
    match bits {
        0..=8 => 1,
        9..=16 => 2,
        17..=32 => 4,
        33..=64 => 8,
        _ => 4 * words(bits),
    }
}

fn align(bits: u32) -> u32 {
    if bits > 64 { 4 } else { bytes(bits) }
}

impl Record {
    /// Lays out `signals`, given as (name in the design, C++ expression, bits).
    pub(crate) fn new(
        name: &'static str,
        signals: impl IntoIterator<Item = (String, String, u32)>,
    ) -> Self {
        let mut taken = HashSet::from(["reserved".to_string()]);
        let mut fields: Vec<Field> = signals
            .into_iter()
            .map(|(name, place, bits)| {
                let stem = identifier(&name);
                let mut ident = stem.clone();
                let mut number = 2;
                while !taken.insert(ident.clone()) {
                    ident = format!("{stem}_{number}");
                    number += 1;
                }
                Field {
                    name,
                    ident,
                    place,
                    bits,
                    offset: 0,
                }
            })
            .collect();
        fields.sort_by_key(|field| std::cmp::Reverse(align(field.bits)));
        let mut size = 0;
        for field in &mut fields {
            field.offset = size;
            size += bytes(field.bits);
        }
        let unit = fields.first().map_or(1, |field| align(field.bits));
        let tail = size.next_multiple_of(unit) - size;
        Record {
            name,
            fields,
            tail,
            size: size + tail,
        }
    }

    /// The struct in C++.
    pub(crate) fn cpp(&self) -> String {
        let name = self.name;
        let mut text = format!("struct {name} {{\n");
        for field in &self.fields {
            let (class, array) = match bytes(field.bits) {
                _ if field.bits > 64 => ("uint32_t", format!("[{}]", words(field.bits))),
                1 => ("uint8_t", String::new()),
                2 => ("uint16_t", String::new()),
                4 => ("uint32_t", String::new()),
                _ => ("uint64_t", String::new()),
            };
            let _ = writeln!(text, "    {class} f_{}{array};", field.ident);
        }
        if self.tail > 0 {
            let _ = writeln!(text, "    uint8_t f_reserved[{}];", self.tail);
        }
        text.push_str("};\n");
        if self.size > 0 {
            let _ = writeln!(
                text,
                "static_assert(sizeof({name}) == {}, \"layout\");",
                self.size
            );
        }
        text
    }

    /// C++ statements that copy every field from its signal into `record`.
    pub(crate) fn cpp_read(&self) -> String {
        let mut text = String::new();
        for Field {
            ident, place, bits, ..
        } in &self.fields
        {
            let _ = if *bits > 64 {
                let size = bytes(*bits);
                writeln!(
                    text,
                    "        std::memcpy(record.f_{ident}, {place}.data(), {size});"
                )
            } else {
                writeln!(text, "        record.f_{ident} = {place};")
            };
        }
        if self.tail > 0 {
            let _ = writeln!(
                text,
                "        std::memset(record.f_reserved, 0, {});",
                self.tail
            );
        }
        text
    }

    /// C++ statements that copy every field of `record` to its signal.
    pub(crate) fn cpp_write(&self) -> String {
        let mut text = String::new();
        for Field {
            ident, place, bits, ..
        } in &self.fields
        {
            let _ = match bits {
                0..=64 if matches!(bits, 8 | 16 | 32 | 64) => {
                    writeln!(text, "        {place} = record.f_{ident};")
                }
                // Verilator relies on the unused high bits of a signal being zero.
                0..=64 => {
                    let mask = u64::MAX >> (64 - bits);
                    writeln!(text, "        {place} = record.f_{ident} & {mask:#x}ULL;")
                }
                _ => {
                    let size = bytes(*bits);
                    let _ = writeln!(
                        text,
                        "        std::memcpy({place}.data(), record.f_{ident}, {size});"
                    );
                    if bits % 32 == 0 {
                        continue;
                    }
                    let (last, mask) = (words(*bits) - 1, u32::MAX >> (32 - bits % 32));
                    writeln!(text, "        {place}.data()[{last}] &= {mask:#x}U;")
                }
            };
        }
        text
    }

    /// The struct in Rust, its `Default` and its `Record`.
    pub(crate) fn rust(&self, doc: &str) -> String {
        let name = self.name;
        let mut text = format!(
            "/// {doc}\n#[repr(C)]\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\n\
             pub struct {name} {{\n"
        );
        let mut zero = String::new();
        let mut table = String::new();
        for Field {
            name,
            ident,
            bits,
            offset,
            ..
        } in &self.fields
        {
            let (class, none) = match bytes(*bits) {
                _ if *bits > 64 => (
                    format!("[u32; {}]", words(*bits)),
                    format!("[0; {}]", words(*bits)),
                ),
                size => (format!("u{}", 8 * size), "0".to_string()),
            };
            let plural = if *bits == 1 { "" } else { "s" };
            let _ = writeln!(
                text,
                "    /// `{name}`, {bits} bit{plural}.\n    pub {ident}: {class},"
            );
            let _ = writeln!(zero, "            {ident}: {none},");
            let _ = writeln!(
                table,
                "        verilator_rs::Field {{ name: \"{name}\", bits: {bits}, offset: {offset} }},"
            );
        }
        if self.tail > 0 {
            let _ = writeln!(
                text,
                "    /// Filler; always zero.\n    #[doc(hidden)]\n    pub reserved: [u8; {}],",
                self.tail
            );
            let _ = writeln!(zero, "            reserved: [0; {}],", self.tail);
        }
        let size = self.size;
        let _ = write!(
            text,
            "}}\n\n\
             const _: () = assert!(::core::mem::size_of::<{name}>() == {size});\n\n\
             impl Default for {name} {{\n    fn default() -> Self {{\n        Self {{\n{zero}        \
             }}\n    }}\n}}\n\n\
             // SAFETY: `repr(C)`, integers and arrays of integers only, and no padding: the sizes of\n\
             // the fields add up to the size of the struct, which is checked above.\n\
             unsafe impl verilator_rs::Record for {name} {{\n    \
             const FIELDS: &'static [verilator_rs::Field] = &[\n{table}    ];\n}}\n\n"
        );
        text
    }
}

/// A Rust identifier that resembles `name`.
fn identifier(name: &str) -> String {
    let mut ident = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '_' {
            ident.push(c);
        } else if !ident.ends_with('_') {
            ident.push('_');
        }
    }
    let ident = ident.trim_end_matches('_');
    // Keywords and names that cannot begin an identifier; a prefix keeps C++ keywords harmless too.
    const RESERVED: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
        "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
        "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
        "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    if RESERVED.contains(&ident) {
        format!("{ident}_")
    } else if ident.is_empty() || ident.starts_with(|c: char| c.is_ascii_digit()) {
        format!("n{ident}")
    } else {
        ident.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_padding_and_unique_identifiers() {
        let signal = |name: &str, bits| (name.to_string(), format!("top->{name}"), bits);
        let record = Record::new(
            "In",
            [
                signal("a", 1),
                signal("g[0].x", 70),
                signal("g.0.x", 9),
                signal("b", 40),
                signal("type", 17),
            ],
        );
        let seen: Vec<_> = record
            .fields
            .iter()
            .map(|f| (f.ident.as_str(), f.offset, f.bits))
            .collect();
        let expected = [
            ("b", 0, 40),
            ("g_0_x", 8, 70),
            ("type_", 20, 17),
            ("g_0_x_2", 24, 9),
            ("a", 26, 1),
        ];
        assert_eq!(seen, expected);
        assert_eq!((record.tail, record.size), (5, 32));
    }
}
