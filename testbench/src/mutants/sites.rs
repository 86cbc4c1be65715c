// SPDX-License-Identifier: Apache-2.0
//! What can be changed in the RTL, found on the parse tree.
//!
//! Only logic that synthesis keeps: of a module, what its outputs and its instances depend on. Registers and functions
//! that feed assertions alone, probes, and `unused` wires are not. What must be constant (ranges, widths, parameters,
//! loop headers, labels) stays as it is: mutants are selected while the simulation runs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::syntax::{Node, Source};
use super::{Mutant, Operator};

/// All mutants that there are, in the order of the files; without numbers.
pub fn all(sources: &[Source]) -> Vec<Mutant> {
    let known = Known::new(sources);
    let mut found = Vec::new();
    for source in sources {
        source.tree.each(&mut |node| {
            if matches!(
                node.tag.as_str(),
                "kModuleDeclaration" | "kPackageDeclaration"
            ) {
                let mut finder = Finder::new(source, &known, node);
                finder.walk(node, false);
                found.append(&mut finder.found);
            }
        });
    }
    let mut seen = HashSet::new();
    found.retain(|m: &Mutant| {
        m.original != m.mutated && seen.insert((m.file.clone(), m.start, m.end, m.mutated.clone()))
    });
    found
}

/// What all files know of each other.
struct Known {
    /// The values of the enumeration that each value belongs to
    enumerators: HashMap<String, Vec<String>>,
    /// Inputs that an expression may go to: module and port
    inputs: HashSet<(String, String)>,
}

/// The names of types that are structures without `packed`: there is no arithmetic on them, and Verilator tells that
/// only by C++ that does not compile.
fn unpacked(sources: &[Source]) -> HashSet<&str> {
    let mut names = HashSet::new();
    for source in sources {
        source.tree.each(&mut |node| {
            let structure =
                |node: &Node| node.tag == "kStructType" && node.child("kPackedSigning").is_none();
            if node.tag == "kTypeDeclaration" && node.any(&structure) {
                let name = node.children().rfind(|c| c.tag == "SymbolIdentifier");
                names.extend(name.map(|name| source.text(name)));
            }
        });
    }
    names
}

impl Known {
    fn new(sources: &[Source]) -> Self {
        let unpacked = unpacked(sources);
        let mut known = Self {
            enumerators: HashMap::new(),
            inputs: HashSet::new(),
        };
        for source in sources {
            source.tree.each(&mut |node| match node.tag.as_str() {
                "kEnumNameList" => {
                    let names: Vec<_> = node
                        .children()
                        .filter(|child| child.tag == "kEnumName")
                        .filter_map(|child| symbol(source, child))
                        .map(str::to_owned)
                        .collect();
                    for name in &names {
                        known.enumerators.insert(name.clone(), names.clone());
                    }
                }
                "kModuleDeclaration" => {
                    let module = module_name(source, node);
                    node.each(&mut |port| {
                        if port.tag == "kPortDeclaration"
                            && port.child("input").is_some()
                            && let Some(name) = port.child("kUnqualifiedId")
                            && !port.child("kDataType").is_some_and(|kind| {
                                kind.any(&|part| {
                                    part.tag == "SymbolIdentifier"
                                        && unpacked.contains(source.text(part))
                                })
                            })
                        {
                            let name = source.text(name).to_owned();
                            known.inputs.insert((module.clone(), name));
                        }
                    });
                }
                _ => {}
            });
        }
        known
    }
}

/// The first identifier in a node.
fn symbol<'a>(source: &'a Source, node: &Node) -> Option<&'a str> {
    if node.tag == "SymbolIdentifier" {
        return Some(source.text(node));
    }
    node.children().find_map(|child| symbol(source, child))
}

fn module_name(source: &Source, unit: &Node) -> String {
    let header = unit.child("kModuleHeader").unwrap_or(unit);
    symbol(source, header).unwrap_or_default().to_owned()
}

fn is_assignment(node: &Node) -> bool {
    matches!(
        node.tag.as_str(),
        "kNonblockingAssignmentStatement" | "kNetVariableAssignment" | "kAssignModifyStatement"
    )
}

fn is_check(node: &Node) -> bool {
    node.tag.starts_with("kAssert") && node.tag.ends_with("Statement")
}

/// Which names of a module the outside depends on.
#[derive(Default)]
struct Live {
    /// Targets of something, and what that depends on
    edges: Vec<(BTreeSet<String>, BTreeSet<String>)>,
    names: BTreeSet<String>,
}

impl Live {
    fn of(source: &Source, unit: &Node) -> Self {
        let mut live = Self::default();
        live.collect(source, unit, &mut Vec::new());
        loop {
            let before = live.names.len();
            for (targets, reads) in &live.edges {
                if targets.iter().any(|name| live.names.contains(name)) {
                    live.names.extend(reads.iter().cloned());
                }
            }
            if live.names.len() == before {
                return live;
            }
        }
    }

    fn collect(&mut self, source: &Source, node: &Node, around: &mut Vec<BTreeSet<String>>) {
        if is_check(node) {
            return;
        }
        let depth = around.len();
        match node.tag.as_str() {
            "kPortDeclaration" | "kPort" => {
                let name = node
                    .child("kUnqualifiedId")
                    .or(node.child("kPortReference"));
                self.names.extend(
                    name.and_then(|name| symbol(source, name))
                        .map(str::to_owned),
                );
                return;
            }
            "kGateInstance" => {
                self.names.extend(identifiers(source, node));
                return;
            }
            "kFunctionDeclaration" => {
                if let Some(name) = function_name(source, node) {
                    self.edges.push(([name].into(), identifiers(source, node)));
                }
                return;
            }
            "kRegisterVariable" if node.child("kTrailingAssign").is_some() => {
                let name = symbol(source, node).map(str::to_owned);
                let mut reads = identifiers(source, node);
                reads.extend(around.iter().flatten().cloned());
                self.edges.push((name.into_iter().collect(), reads));
                return;
            }
            "kConditionalStatement" => {
                let header = node.child("kIfClause").and_then(|c| c.child("kIfHeader"));
                around.extend(header.map(|header| identifiers(source, header)));
            }
            "kCaseStatement" => {
                let mut reads = BTreeSet::new();
                for child in node.children().filter(|c| c.tag == "kParenGroup") {
                    reads.extend(identifiers(source, child));
                }
                around.push(reads);
            }
            _ if is_assignment(node) => {
                let mut reads: BTreeSet<String> = around.iter().flatten().cloned().collect();
                let targets = targets(source, node);
                reads.extend(identifiers(source, node));
                // Its own name is no use of it.
                self.edges.push((targets, reads));
                return;
            }
            _ => {}
        }
        for child in node.children() {
            self.collect(source, child, around);
        }
        around.truncate(depth);
    }
}

fn identifiers(source: &Source, node: &Node) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    node.each(&mut |node| {
        if node.tag == "SymbolIdentifier" {
            names.insert(source.text(node).to_owned());
        }
    });
    names
}

fn function_name(source: &Source, node: &Node) -> Option<String> {
    let header = node.child("kFunctionHeader")?;
    // The type comes in front of it and may be a name too.
    let name = header
        .children()
        .rfind(|child| child.tag == "kUnqualifiedId")?;
    Some(source.text(name).to_owned())
}

/// What an assignment changes: the first name, or all in a concatenation.
fn targets(source: &Source, node: &Node) -> BTreeSet<String> {
    let Some(place) = node.child("kLPValue") else {
        return BTreeSet::new();
    };
    if source.text(place).starts_with('{') {
        return identifiers(source, place);
    }
    symbol(source, place)
        .map(str::to_owned)
        .into_iter()
        .collect()
}

struct Finder<'a> {
    source: &'a Source,
    known: &'a Known,
    module: String,
    live: Live,
    package: bool,
    /// The module whose instance it is in
    instance: Option<String>,
    in_function: bool,
    found: Vec<Mutant>,
}

impl<'a> Finder<'a> {
    fn new(source: &'a Source, known: &'a Known, unit: &Node) -> Self {
        Self {
            source,
            known,
            module: module_name(source, unit),
            live: Live::of(source, unit),
            package: unit.tag == "kPackageDeclaration",
            instance: None,
            in_function: false,
            found: Vec::new(),
        }
    }

    fn add(&mut self, node: &Node, operator: Operator, mutated: impl Into<String>) {
        let Some((start, end)) = node.range() else {
            return;
        };
        let (line, column) = self.source.place(start);
        self.found.push(Mutant {
            number: 0,
            module: self.module.clone(),
            file: self.source.name.clone(),
            line,
            column,
            start,
            end,
            operator,
            original: self.source.flat(node),
            mutated: mutated.into(),
        });
    }

    /// Whether an assignment changes something that counts.
    fn matters(&self, node: &Node) -> bool {
        self.in_function
            || targets(self.source, node)
                .iter()
                .any(|name| self.live.names.contains(name))
    }

    /// Whether there is such an assignment in it.
    fn useful(&self, node: &Node) -> bool {
        self.in_function || node.any(&|node| is_assignment(node) && self.matters(node))
    }

    fn walk_all(&mut self, node: &Node, place: bool) {
        for child in node.children() {
            self.walk(child, place);
        }
    }

    /// `place`: inside of what is assigned to.
    fn walk(&mut self, node: &Node, place: bool) {
        if is_check(node) {
            return;
        }
        match node.tag.as_str() {
            // Constant, or no logic.
            "kParamDeclaration"
            | "kFormalParameterListDeclaration"
            | "kActualParameterList"
            | "kTypeDeclaration"
            | "kDimensionRange"
            | "kPackedDimensions"
            | "kUnpackedDimensions"
            | "kDeclarationDimensions"
            | "kLoopHeader"
            | "kEventControl"
            | "kSystemTFCall"
            | "kInitialStatement"
            | "kFinalStatement"
            | "kGenerateIfHeader"
            | "kFunctionHeader"
            | "kPortDeclarationList"
            | "kModuleHeader"
            | "kPackageImportDeclaration"
            | "kAssignmentPattern"
            | "kInstantiationType" => {}
            "kAlwaysStatement" => {
                if self.useful(node) {
                    self.walk_all(node, false);
                }
            }
            "kFunctionDeclaration" => {
                let live = function_name(self.source, node)
                    .is_some_and(|name| self.live.names.contains(&name));
                if live || self.package {
                    self.in_function = true;
                    self.walk_all(node, false);
                    self.in_function = false;
                }
            }
            "kInstantiationBase" => {
                let kind = node.child("kInstantiationType");
                self.instance = kind
                    .and_then(|kind| symbol(self.source, kind))
                    .map(str::to_owned);
                self.walk_all(node, false);
                self.instance = None;
            }
            "kActualNamedPort" => self.port(node),
            "kConditionalStatement" => {
                if self.useful(node) {
                    let header = node.child("kIfClause").and_then(|c| c.child("kIfHeader"));
                    let condition = header.and_then(|h| h.child("kParenGroup"));
                    if let Some(condition) = condition.and_then(|c| c.child("kExpression")) {
                        self.condition(condition);
                    }
                    self.walk_all(node, false);
                }
            }
            "kCaseStatement" => {
                if self.useful(node) {
                    self.walk_all(node, false);
                }
            }
            "kCaseItem" => {
                // Its labels come first.
                for child in node.children().skip(1) {
                    self.walk(child, false);
                }
            }
            "kJumpStatement" => {
                if let Some(value) = node.child("kExpression") {
                    self.value(value, false);
                }
                self.walk_all(node, false);
            }
            "kConditionExpression" => {
                if let Some(condition) = node.children().next() {
                    self.condition(condition);
                }
                self.walk_all(node, place);
            }
            "kBinaryExpression" => {
                self.binary(node);
                self.walk_all(node, place);
            }
            "kUnaryPrefixExpression" => {
                self.unary(node);
                self.walk_all(node, place);
            }
            "kNumber" => {
                if !place {
                    self.number(node, Operator::Number);
                }
            }
            "kDimensionScalar" => self.index(node, place),
            "kDimensionSlice" => {
                if let Some(base) = node.child("kExpression") {
                    self.walk(base, place);
                }
            }
            "kCast" => {
                for child in node.children().skip(1) {
                    self.walk(child, place);
                }
            }
            "kReference" => {
                self.enumerator(node);
                self.walk_all(node, place);
            }
            "kExpression" if node.child("kConcatenationExpression").is_some() => {
                // The count of a replication stays.
                for child in node.children() {
                    if child.tag == "kConcatenationExpression" {
                        self.walk(child, place);
                    }
                }
            }
            "kLPValue" => self.walk_all(node, true),
            _ if is_assignment(node) => {
                if self.matters(node) {
                    self.assignment(node);
                }
            }
            _ => self.walk_all(node, place),
        }
    }

    fn assignment(&mut self, node: &Node) {
        let statement = node.children().last().is_some_and(|last| last.tag == ";");
        if statement {
            self.add(node, Operator::Drop, "");
        }
        if let Some(value) = node.child("kExpression") {
            self.value(value, true);
        }
        self.walk_all(node, false);
    }

    /// What goes somewhere as it is.
    fn value(&mut self, node: &Node, zero: bool) {
        let text = self.source.flat(node);
        if text.starts_with("'{") || is_number(node) || self.is_enumerator(&text) {
            return;
        }
        self.add(node, Operator::Invert, format!("~({text})"));
        if zero {
            self.add(node, Operator::Zero, "'0");
        }
    }

    fn port(&mut self, node: &Node) {
        let Some(name) = symbol(self.source, node) else {
            return;
        };
        let module = self.instance.clone().unwrap_or_default();
        let group = node.child("kParenGroup");
        let Some(value) = group.and_then(|group| group.child("kExpression")) else {
            return;
        };
        // Clocks are not logic.
        if name.starts_with("clk") || !self.known.inputs.contains(&(module, name.to_owned())) {
            return;
        }
        self.value(value, true);
        self.walk(value, false);
    }

    fn condition(&mut self, node: &Node) {
        if is_number(node) {
            return;
        }
        let text = self.source.flat(node);
        self.add(node, Operator::Negate, format!("!({text})"));
        self.add(node, Operator::Stuck, "1'b1");
        self.add(node, Operator::Stuck, "1'b0");
    }

    fn binary(&mut self, node: &Node) {
        let parts: Vec<_> = node.children().map(|part| self.source.flat(part)).collect();
        for at in (1..parts.len()).step_by(2) {
            let before = parts[..at].join(" ");
            let after = parts[at + 1..].join(" ");
            for other in others(&parts[at]) {
                // As it was bound: all before it is its left side.
                let first = &parts[at + 1];
                let rest = parts[at + 2..].join(" ");
                let text = format!("(({before}) {other} ({first})) {rest}");
                self.add(node, Operator::Binary, text.trim_end());
            }
            if matches!(parts[at].as_str(), "&&" | "||") {
                if at == 1 {
                    self.add(node, Operator::Term, after.clone());
                }
                let left = [&before, &parts[at + 2..].join(" ")].map(|s| s.trim().to_owned());
                let left = left.iter().filter(|s| !s.is_empty()).cloned();
                self.add(node, Operator::Term, left.collect::<Vec<_>>().join(" "));
            }
        }
    }

    fn unary(&mut self, node: &Node) {
        let mut parts = node.children();
        let (Some(sign), Some(_)) = (parts.next(), parts.next()) else {
            return;
        };
        let operand: String = node
            .children()
            .skip(1)
            .map(|part| self.source.flat(part))
            .collect();
        match self.source.text(sign) {
            "!" => self.add(node, Operator::Unary, format!("(({operand}) != 0)")),
            "~" => self.add(node, Operator::Unary, operand),
            "&" => self.add(node, Operator::Unary, format!("|({operand})")),
            "|" => self.add(node, Operator::Unary, format!("&({operand})")),
            "^" => self.add(node, Operator::Unary, format!("|({operand})")),
            _ => {}
        }
    }

    fn number(&mut self, node: &Node, operator: Operator) {
        for other in neighbours(&self.source.flat(node)) {
            self.add(node, operator, other);
        }
    }

    fn index(&mut self, node: &Node, place: bool) {
        let list = node.child("kExpressionList").unwrap_or(node);
        let Some(value) = list.child("kExpression") else {
            return self.walk_all(node, place);
        };
        if is_number(value) {
            if !place && let Some(number) = value.child("kNumber") {
                self.number(number, Operator::Index);
            }
            return;
        }
        if !place {
            let text = self.source.flat(value);
            self.add(value, Operator::Index, format!("({text}) + 1'b1"));
            self.add(value, Operator::Index, format!("({text}) - 1'b1"));
        }
        self.walk(value, place);
    }

    fn is_enumerator(&self, text: &str) -> bool {
        let name = text.rsplit("::").next().unwrap_or(text);
        self.known.enumerators.contains_key(name)
    }

    fn enumerator(&mut self, node: &Node) {
        let text = self.source.flat(node);
        let (scope, name) = match text.rsplit_once("::") {
            Some((scope, name)) => (format!("{scope}::"), name),
            None => (String::new(), text.as_str()),
        };
        let Some(all) = self.known.enumerators.get(name) else {
            return;
        };
        // The next one and the one before.
        let at = all.iter().position(|one| one == name).unwrap_or(0);
        let near = [(at + 1) % all.len(), (at + all.len() - 1) % all.len()];
        for other in BTreeSet::from(near) {
            if other != at {
                self.add(node, Operator::Enumerator, format!("{scope}{}", all[other]));
            }
        }
    }
}

fn is_number(node: &Node) -> bool {
    node.tag == "kNumber"
        || node.tag == "kExpression" && {
            let mut children = node.children();
            matches!((children.next(), children.next()), (Some(only), None) if is_number(only))
        }
}

/// What a binary operator becomes.
fn others(operator: &str) -> &'static [&'static str] {
    match operator {
        "+" => &["-"],
        "-" => &["+"],
        "&" => &["|"],
        "|" => &["&"],
        "^" => &["|"],
        "&&" => &["||"],
        "||" => &["&&"],
        "==" => &["!="],
        "!=" => &["=="],
        "<" => &["<=", ">="],
        "<=" => &["<", ">"],
        ">" => &[">=", "<="],
        ">=" => &[">", "<"],
        "<<" => &[">>"],
        ">>" => &["<<"],
        _ => &[],
    }
}

/// What a number becomes: one more and one less, in its width.
fn neighbours(text: &str) -> Vec<String> {
    match text {
        "'0" => return vec!["'1".to_owned()],
        "'1" => return vec!["'0".to_owned()],
        _ => {}
    }
    let plain = |text: &str| text.replace(['_', ' '], "");
    let Some((width, rest)) = text.split_once('\'') else {
        let Ok(value) = plain(text).parse::<u64>() else {
            return Vec::new();
        };
        let less = value.checked_sub(1);
        return [value.checked_add(1), less]
            .into_iter()
            .flatten()
            .map(|v| v.to_string())
            .collect();
    };
    let radix = match rest.chars().next().map(|c| c.to_ascii_lowercase()) {
        Some('b') => 2,
        Some('o') => 8,
        Some('d') => 10,
        Some('h') => 16,
        _ => return Vec::new(),
    };
    let value = u128::from_str_radix(&plain(&rest[1..]), radix);
    let (Ok(value), Ok(width)) = (value, plain(width).parse::<u32>()) else {
        return Vec::new();
    };
    if width == 0 || width > 64 {
        return Vec::new();
    }
    let mask = u128::MAX >> (128 - width);
    let near = [value.wrapping_add(1) & mask, value.wrapping_sub(1) & mask];
    BTreeSet::from(near)
        .into_iter()
        .map(|v| format!("{width}'d{v}"))
        .collect()
}

/// How many there are of each operator.
pub fn by_operator(mutants: &[Mutant]) -> BTreeMap<Operator, usize> {
    let mut counts = BTreeMap::new();
    for mutant in mutants {
        *counts.entry(mutant.operator).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_width() {
        assert_eq!(neighbours("1'b0"), ["1'd1"]);
        assert_eq!(neighbours("4'hF"), ["4'd0", "4'd14"]);
        assert_eq!(neighbours("8'd0"), ["8'd1", "8'd255"]);
        assert_eq!(neighbours("'0"), ["'1"]);
        assert_eq!(neighbours("3"), ["4", "2"]);
        assert_eq!(neighbours("32'h0000_1000"), ["32'd4095", "32'd4097"]);
        assert!(neighbours("4'bxx0x").is_empty() && neighbours("128'd1").is_empty());
    }
}
