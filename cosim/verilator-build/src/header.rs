// SPDX-License-Identifier: Apache-2.0

//! Reading what Verilator wrote: ports, public signals and their places.
//!
//! Verilator's own headers are the one description of the design that is always right: parameters
//! are resolved, widths are numbers, and the names are those that C++ has to use. The forms read
//! here are the same from 5.006 to the wheel 5.48.0.

use std::collections::{HashMap, HashSet};

/// Direction of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

/// A port of the top module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// Name in C++.
    pub(crate) cpp: String,
    /// Name in the design.
    pub(crate) name: String,
    pub(crate) direction: Direction,
    pub(crate) bits: u32,
}

/// A signal inside the design that is declared public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Hierarchical name in the design, from the top module on.
    pub(crate) name: String,
    /// `instance.member` in the symbol table class.
    pub(crate) place: String,
    pub(crate) bits: u32,
    /// Sizes of the unpacked dimensions, outermost first; empty for a plain signal.
    pub(crate) dims: Vec<u64>,
}

/// The ports in `V<name>.h`, in order of declaration.
pub(crate) fn ports(header: &str) -> Result<Vec<Port>, String> {
    let mut ports = Vec::new();
    for line in header.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix("VL_").filter(|rest| rest.contains("(&")) else {
            if line.starts_with("VL_IN") || line.starts_with("VL_OUT") {
                return Err(format!("port `{line}` (an unpacked array?)"));
            }
            continue;
        };
        let direction = match () {
            () if rest.starts_with("INOUT") => return Err(format!("bidirectional port `{line}`")),
            () if rest.starts_with("IN") => Direction::In,
            () if rest.starts_with("OUT") => Direction::Out,
            () => continue,
        };
        let (cpp, bits) = macro_arguments(rest).ok_or_else(|| format!("port `{line}`"))?;
        let cpp = cpp.trim_start_matches('&').to_string();
        if !is_identifier(&cpp) {
            return Err(format!("port `{line}` (an unpacked array?)"));
        }
        ports.push(Port {
            name: demangle(&cpp),
            cpp,
            direction,
            bits,
        });
    }
    Ok(ports)
}

/// The public signals, from the symbol table's header and sources and the module headers.
///
/// `classes` gives the text of the header of a module class.
pub(crate) fn public_signals<E>(
    symbols_header: &str,
    symbols_source: &str,
    mut classes: impl FnMut(&str) -> Result<String, E>,
) -> Result<Vec<Signal>, E> {
    // Only public signals are registered with the runtime's scopes. Lines that Verilator 5.006
    // comments out (arrays of more than one dimension) name public signals just as well.
    let mut public = HashSet::new();
    for (_, call) in symbols_source
        .match_indices("varInsert(")
        .map(|(at, m)| (at, &symbols_source[at + m.len()..]))
    {
        if let Some((_, rest)) = call.split_once("&(")
            && let Some((place, _)) = rest.split_once(')')
        {
            public.insert(place.to_string());
        }
    }
    let mut known: HashMap<String, Vec<Member>> = HashMap::new();
    let mut signals = Vec::new();
    for (class, instance) in instances(symbols_header) {
        if !public
            .iter()
            .any(|place| place.split_once('.').is_some_and(|(i, _)| i == instance))
        {
            continue;
        }
        if !known.contains_key(class) {
            known.insert(class.to_string(), members(&classes(class)?));
        }
        for member in &known[class] {
            let place = format!("{instance}.{}", member.cpp);
            if public.contains(&place) {
                let scope = demangle(instance.strip_prefix("TOP").unwrap_or(instance));
                let scope = scope.trim_start_matches('_');
                let name = demangle(member.cpp.trim_start_matches("__PVT__"));
                let name = if scope.is_empty() {
                    name
                } else {
                    format!("{scope}.{name}")
                };
                signals.push(Signal {
                    name,
                    place,
                    bits: member.bits,
                    dims: member.dims.clone(),
                });
            }
        }
    }
    // The order of members in a class is Verilator's own business and differs between versions.
    signals.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(signals)
}

/// Every variable, public or not: name and place.
pub(crate) fn all_variables<E>(
    symbols_header: &str,
    mut classes: impl FnMut(&str) -> Result<String, E>,
) -> Result<Vec<(String, String)>, E> {
    let mut variables = Vec::new();
    for (class, instance) in instances(symbols_header) {
        // The header of a package of SystemVerilog classes declares their members too, which lie elsewhere.
        if class.ends_with("__Vclpkg") {
            continue;
        }
        let scope = demangle(instance.strip_prefix("TOP").unwrap_or(instance));
        let scope = scope.trim_start_matches('_');
        let header = classes(class)?;
        // In front of the class there are the types of structs, with members of their own.
        let start = header.find(&format!(" {class} final")).unwrap_or(0);
        for cpp in header[start..].lines().filter_map(variable) {
            let name = demangle(cpp.trim_start_matches("__PVT__"));
            let name = if scope.is_empty() {
                name
            } else {
                format!("{scope}.{name}")
            };
            variables.push((name, format!("{instance}.{cpp}")));
        }
    }
    Ok(variables)
}

/// The variable that a line of a class declares, of whatever type: the compiler will know its size.
fn variable(line: &str) -> Option<&str> {
    let line = line.trim().strip_suffix(';')?;
    if line.starts_with("VL_IN") || line.starts_with("VL_OUT") {
        let (_, rest) = line.split_once('(')?;
        return rest
            .split(',')
            .next()
            .map(|name| name.trim_start_matches('&'));
    }
    let (class, name) = line.rsplit_once(' ')?;
    // Ranges are comments; any other star makes a pointer.
    let pointer = class.replace("/*", "").replace("*/", "").contains('*');
    let value = is_identifier(name)
        && !pointer
        && !class.contains('(')
        && !["static", "class", "struct", "using", "friend", "return"]
            .iter()
            .any(|word| class.split_whitespace().any(|w| w == *word));
    value.then_some(name)
}

/// The module instances with a class of their own: class and place.
fn instances(symbols_header: &str) -> impl Iterator<Item = (&str, &str)> {
    let section = symbols_header
        .split_once("// MODULE INSTANCE STATE")
        .map_or("", |(_, rest)| rest);
    section
        .lines()
        .map(str::trim)
        .skip(1)
        .take_while(|line| !line.is_empty() && !line.starts_with("//"))
        .map_while(|line| {
            let mut words = line.trim_end_matches(';').split_whitespace();
            let (class, instance) = (words.next()?, words.next()?);
            Some((class, instance.split('{').next().unwrap_or(instance)))
        })
}

#[derive(Debug)]
struct Member {
    cpp: String,
    bits: u32,
    dims: Vec<u64>,
}

/// The data members of a module class.
fn members(header: &str) -> Vec<Member> {
    header
        .lines()
        .filter_map(|line| {
            let line = line.trim().strip_suffix(';')?;
            if let Some(rest) = line
                .strip_prefix("VL_IN")
                .or_else(|| line.strip_prefix("VL_OUT"))
            {
                let (cpp, bits) = macro_arguments(rest)?;
                return is_identifier(&cpp).then_some(Member {
                    cpp,
                    bits,
                    dims: Vec::new(),
                });
            }
            let mut dims = Vec::new();
            let (bits, rest) = value_type(line, &mut dims)?;
            let cpp = rest.trim();
            is_identifier(cpp).then(|| Member {
                cpp: cpp.to_string(),
                bits,
                dims,
            })
        })
        .collect()
}

/// Reads `CData/*7:0*/` or `VlUnpacked<VlWide<4>/*127:0*/, 16>`; gives width and what follows.
fn value_type<'a>(text: &'a str, dims: &mut Vec<u64>) -> Option<(u32, &'a str)> {
    if let Some(inner) = text.strip_prefix("VlUnpacked<") {
        let place = dims.len();
        let (bits, rest) = value_type(inner, dims)?;
        let (size, rest) = rest.strip_prefix(',')?.split_once('>')?;
        dims.insert(place, size.trim().parse().ok()?);
        return Some((bits, rest));
    }
    let (class, rest) = text.split_once("/*")?;
    let scalar = matches!(class, "CData" | "SData" | "IData" | "QData");
    if !scalar && !class.starts_with("VlWide<") {
        return None;
    }
    let (range, rest) = rest.split_once("*/")?;
    let (msb, lsb) = range.split_once(':')?;
    Some((width(msb, lsb)?, rest))
}

/// `IN8(&name,7,0)`: name and width.
fn macro_arguments(text: &str) -> Option<(String, u32)> {
    let (_, rest) = text.split_once('(')?;
    let (arguments, _) = rest.rsplit_once(')')?;
    let mut arguments = arguments.split(',').map(str::trim);
    let name = arguments.next()?.to_string();
    Some((name, width(arguments.next()?, arguments.next()?)?))
}

fn width(msb: &str, lsb: &str) -> Option<u32> {
    let (msb, lsb): (i64, i64) = (msb.trim().parse().ok()?, lsb.trim().parse().ok()?);
    u32::try_from((msb - lsb).abs() + 1).ok()
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The design's name for a name in C++: `u_a__DOT__g__BRA__0__KET____DOT__q___05Fx` is
/// `u_a.g[0].q__x`.
pub(crate) fn demangle(cpp: &str) -> String {
    let mut name = String::new();
    let mut rest = cpp;
    'next: while let Some(first) = rest.chars().next() {
        for (code, text) in [("__DOT__", "."), ("__BRA__", "["), ("__KET__", "]")] {
            if let Some(after) = rest.strip_prefix(code) {
                name.push_str(text);
                rest = after;
                continue 'next;
            }
        }
        if let Some(after) = rest.strip_prefix("__0")
            && let Some(hex) = after.get(..2)
            && let Ok(code) = u8::from_str_radix(hex, 16)
        {
            name.push(char::from(code));
            rest = &after[2..];
            continue;
        }
        name.push(first);
        rest = &rest[first.len_utf8()..];
    }
    name
}

/// Whether `name` matches `pattern`, in which `*` stands for any text (dots included) and `?` for
/// any one character. Brackets are plain characters, because hierarchical names contain them.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where to resume when a choice made for the last `*` proves wrong.
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match &mut retry {
                Some((star, from)) => {
                    *from += 1;
                    p = *star + 1;
                    n = *from;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_every_width() {
        let header = "
            VL_IN8(&clk_i,0,0);
            VL_OUT16(&q___05Fo,11,0);
            VL_IN(&a_i,31,0);
            VL_OUT64(&t_o,63,0);
            VL_INW(&w_i,127,0,4);
            Vtop___024root* const rootp;";
        let ports = ports(header).unwrap();
        let seen: Vec<_> = ports
            .iter()
            .map(|p| (p.name.as_str(), p.direction, p.bits))
            .collect();
        use Direction::{In, Out};
        let expected = [
            ("clk_i", In, 1),
            ("q__o", Out, 12),
            ("a_i", In, 32),
            ("t_o", Out, 64),
            ("w_i", In, 128),
        ];
        assert_eq!(seen, expected);
        assert!(super::ports("VL_INOUT8(&x,0,0);").is_err());
        assert!(super::ports("VL_IN8((&x)[3],0,0);").is_err());
    }

    #[test]
    fn members_of_every_type() {
        let header = "
            CData/*7:0*/ e__DOT__cnt_q;
            VlWide<3>/*69:0*/ wide;
            VlUnpacked<VlWide<4>/*127:0*/, 16> mem;
            VlUnpacked<VlUnpacked<CData/*3:0*/, 3>, 2> md;
            VL_IN8(port,7,0);
            const char* vlNamep;
            VlTriggerVec<1> __VstlTriggered;";
        let seen: Vec<_> = members(header)
            .into_iter()
            .map(|m| (m.cpp, m.bits, m.dims))
            .collect();
        let expected = [
            ("e__DOT__cnt_q".to_string(), 8, vec![]),
            ("wide".to_string(), 70, vec![]),
            ("mem".to_string(), 128, vec![16]),
            ("md".to_string(), 4, vec![2, 3]),
            ("port".to_string(), 8, vec![]),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn public_signals_of_instances_with_a_class_of_their_own() {
        let header = "
    // MODULE INSTANCE STATE
    Vt___024root                   TOP;
    Vt_big__K4                     TOP__e__DOT__g__BRA__1__KET____DOT__u_b;

    // SCOPE NAMES";
        let source = r#"
    __Vscope_e.varInsert(__Vfinal,"c", &(TOP.e__DOT__c), false, VLVT_UINT8,VLVD_NODIR,1 ,7,0);
    //UNSUP __Vscopep_b->varInsert("m", &(TOP__e__DOT__g__BRA__1__KET____DOT__u_b.m), false);"#;
        let classes = |class: &str| -> Result<String, ()> {
            Ok(match class {
                "Vt___024root" => "CData/*7:0*/ e__DOT__c;\nCData/*0:0*/ e__DOT__hidden;",
                _ => "VlUnpacked<QData/*63:0*/, 8> m;\nIData/*31:0*/ __PVT__other;",
            }
            .to_string())
        };
        let signals = public_signals(header, source, classes).unwrap();
        let seen: Vec<_> = signals
            .iter()
            .map(|s| (s.name.as_str(), s.bits, &s.dims[..]))
            .collect();
        assert_eq!(seen, [("e.c", 8, &[][..]), ("e.g[1].u_b.m", 64, &[8][..])]);
        let all = all_variables(header, classes).unwrap();
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["e.c", "e.hidden", "e.g[1].u_b.m", "e.g[1].u_b.other"]
        );
        assert_eq!(
            variable("        VlUnpacked<Vt_s__struct__0, 4> q;"),
            Some("q")
        );
        assert_eq!(variable("    VL_INW(&w_i,127,0,4);"), Some("w_i"));
        assert_eq!(variable("    const char* vlNamep;"), None);
        assert_eq!(variable("    static constexpr IData N = 4U;"), None);
        assert_eq!(variable("    void ctor(Vt__Syms* s);"), None);
    }

    #[test]
    fn names_are_demangled() {
        assert_eq!(
            demangle("u__DOT__g__BRA__0__KET____DOT__q___05Fx"),
            "u.g[0].q__x"
        );
        assert_eq!(demangle("mem_odd__05b0__05d"), "mem_odd[0]");
        assert_eq!(demangle("plain_q"), "plain_q");
    }

    #[test]
    fn patterns() {
        assert!(matches("*.u_probe*.*", "top.g[0].u_probe_tx.data"));
        assert!(matches("top.g[?].d", "top.g[0].d"));
        assert!(!matches("*.u_probe.*", "top.u_probe2.x"));
        assert!(matches("*a*b", "xaybzb"));
        assert!(!matches("a", "ab"));
        assert!(!matches("", "a"));
    }
}
