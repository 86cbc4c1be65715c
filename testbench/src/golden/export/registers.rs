// SPDX-License-Identifier: Apache-2.0
//! The cases of a pack that register accesses alone can play, as the register formats take them.

use ipsec_model::regs;

use crate::golden::{Case, Op, Pack, lower};

/// Cases by register accesses, and the names of those that need more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers {
    /// In the order of the pack, the smoke set first
    pub cases: Vec<Case>,
    /// How many of them are the smoke set
    pub smoke: usize,
    /// Names of the others, and why
    pub left_out: Vec<(String, &'static str)>,
}

impl Registers {
    /// Lowers what can be lowered.
    pub fn new(pack: &Pack) -> Self {
        let mut all = Self {
            cases: Vec::new(),
            smoke: 0,
            left_out: Vec::new(),
        };
        for case in &pack.cases {
            match lower(case, false) {
                None => all.left_out.push((
                    case.name.clone(),
                    "a frame beyond the diagnostic port, or the reset pin",
                )),
                Some(lowered) => match unfit(&lowered) {
                    Some(why) => all.left_out.push((case.name.clone(), why)),
                    None => all.cases.push(lowered),
                },
            }
        }
        let smoke = |case: &Case| pack.manifest.smoke.contains(&case.name);
        all.cases.sort_by_key(|case| !smoke(case));
        all.smoke = all.cases.iter().filter(|case| smoke(case)).count();
        all
    }

    /// Register accesses, polls counted once.
    pub fn accesses(&self) -> usize {
        self.cases.iter().map(Case::register_accesses).sum()
    }
}

/// Why an interface of 32-bit accesses cannot play it, or the next case not after it.
fn unfit(case: &Case) -> Option<&'static str> {
    case.steps.iter().find_map(|step| match step.op {
        Op::Write { strobe, .. } if strobe != 0xf => Some("writes with byte strobes"),
        Op::Write { addr, data, .. }
            if u32::from(addr) == regs::DIAG_CTRL && data & regs::diag_ctrl::LOCK.mask() != 0 =>
        {
            Some("locks the diagnostic port, which only the reset pin undoes")
        }
        Op::Reset { .. } | Op::Send { .. } | Op::Expect { .. } | Op::Completion { .. } => {
            Some("streams or the reset pin")
        }
        _ => None,
    })
}

/// The name of the register at an address, as the documentation has it.
pub fn register_name(address: u16) -> String {
    let address = u32::from(address) & !3;
    if let Some(register) = regs::REGISTERS.iter().find(|r| r.address == address) {
        return register.name.to_owned();
    }
    let index = |base: u32, size: u32| {
        let inside = (base..base + size).contains(&address);
        inside.then(|| (address - base) / 4)
    };
    for slot in 0..regs::MAILBOX_SLOT_WINDOW_COUNT {
        if let Some(k) = index(
            regs::mailbox_slot_window(slot),
            regs::MAILBOX_SLOT_WINDOW_SIZE,
        ) {
            return format!("MAILBOX.SLOT[{slot}].WINDOW[{k}]");
        }
    }
    if let Some(k) = index(regs::DIAG_INPUT, regs::DIAG_INPUT_SIZE) {
        return format!("DIAG.INPUT[{k}]");
    }
    if let Some(k) = index(regs::DIAG_OUTPUT, regs::DIAG_OUTPUT_SIZE) {
        return format!("DIAG.OUTPUT[{k}]");
    }
    format!("NONE[{address:#06x}]")
}

/// The same as an identifier: letters, digits, `_`.
pub fn identifier(address: u16) -> String {
    let name = register_name(address).replace(']', "");
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// A remark without what would end a comment or a quoted string.
pub fn plain(note: &str) -> String {
    let good = |c: char| c.is_ascii_graphic() && !"\"\\*{}[]$".contains(c);
    note.chars()
        .map(|c| if good(c) { c } else { ' ' })
        .collect()
}
