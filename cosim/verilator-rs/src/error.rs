// SPDX-License-Identifier: Apache-2.0

//! What ends a simulation, and what cannot be had from one.

use std::fmt;

use crate::{Memory, Model};

/// What made a simulation stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Halt {
    /// `$finish`.
    Finish,
    /// `$stop`.
    Stop,
    /// `$error`, `$fatal` or a failed assertion.
    Assertion,
    /// The simulator itself failed, for instance because logic did not settle. The instance cannot
    /// be used any more.
    Internal,
}

impl Halt {
    pub(crate) fn from_number(number: i32) -> Option<Self> {
        match number {
            0 => None,
            1 => Some(Halt::Finish),
            2 => Some(Halt::Stop),
            3 => Some(Halt::Assertion),
            _ => Some(Halt::Internal),
        }
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Halt::Finish => "$finish",
            Halt::Stop => "$stop",
            Halt::Assertion => "assertion",
            Halt::Internal => "simulator failure",
        })
    }
}

/// The simulation of an instance has stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimError {
    /// What stopped it.
    pub kind: Halt,
    /// Cycles completed, the one that stopped it included unless the simulator itself failed.
    pub cycle: u64,
    /// Source file of the statement; empty if unknown.
    pub file: String,
    /// Line in that file; 0 if unknown.
    pub line: u32,
    /// The message; of an assertion, its hierarchical name and its text.
    pub msg: String,
    /// Everything the design printed since the log was last taken, this message included.
    pub log: String,
}

impl SimError {
    pub(crate) fn out_of_memory() -> Self {
        SimError {
            kind: Halt::Internal,
            cycle: 0,
            file: String::new(),
            line: 0,
            msg: "out of memory".into(),
            log: String::new(),
        }
    }
}

impl fmt::Display for SimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {} cycles: {}", self.kind, self.cycle, self.msg)?;
        if !self.file.is_empty() {
            write!(f, " ({}:{})", self.file, self.line)?;
        }
        Ok(())
    }
}

impl std::error::Error for SimError {}

/// Something was asked of an instance that it does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessError(String);

impl AccessError {
    pub(crate) fn no_memory<M: Model>(name: &str) -> Self {
        let known: Vec<_> = M::MEMORIES.iter().map(|memory| memory.name).collect();
        let known = if known.is_empty() {
            "none".into()
        } else {
            known.join(", ")
        };
        AccessError(format!(
            "model `{}` has no readable memory `{name}` (it has: {known})",
            M::NAME
        ))
    }

    pub(crate) fn no_word(memory: &Memory, index: usize) -> Self {
        AccessError(format!(
            "memory `{}` has {} words, so none at {index}",
            memory.name, memory.depth
        ))
    }

    pub(crate) fn no_snapshot<M: Model>() -> Self {
        let reason = if M::SAVABLE {
            "has stopped"
        } else {
            "was not built to be saved"
        };
        AccessError(format!("model `{}` {reason}", M::NAME))
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AccessError {}
