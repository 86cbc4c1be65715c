// SPDX-License-Identifier: Apache-2.0
//! Mutants of the RTL: small changes at random places of its source, each of which the regression must notice.
//!
//! [`syntax`] reads the parse trees, [`sites`] finds what can be changed, [`draw`] chooses, [`copy`] writes RTL
//! that holds all that were drawn, [`build`] makes a program of it, in which an environment variable
//! selects one, [`trial`] runs the regression on that one, [`store`] keeps the results, [`prove`] and
//! [`waivers`] say which survivors behave as the original does, [`report`] shows all.

pub mod build;
pub mod copy;
pub mod draw;
pub mod prove;
pub mod report;
pub mod sites;
pub mod store;
pub mod syntax;
pub mod tools;
pub mod trial;
pub mod waivers;

use serde::{Deserialize, Serialize};

/// One change at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// By which it is selected; 0 selects none
    pub number: u32,
    /// Module or package
    pub module: String,
    /// Of the RTL's folder
    pub file: String,
    /// Of its first byte, from 1
    pub line: usize,
    /// Of its first byte, from 1
    pub column: usize,
    /// First byte
    pub start: usize,
    /// Behind the last byte
    pub end: usize,
    /// What kind of change
    pub operator: Operator,
    /// What is there
    pub original: String,
    /// What is there instead; nothing if a statement is dropped
    pub mutated: String,
}

impl Mutant {
    /// `file:line:column`
    pub fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operator {
    /// Another binary operator
    Binary,
    /// A term of a conjunction or disjunction is left out
    Term,
    /// A negation or reduction is left out or another one
    Unary,
    /// A condition is negated
    Negate,
    /// A condition always holds, or never
    Stuck,
    /// A number is another one
    Number,
    /// An index is one more or less
    Index,
    /// A value of an enumeration is another one of it
    Enumerator,
    /// What is assigned, returned or connected is inverted
    Invert,
    /// What is assigned is zero
    Zero,
    /// An assignment is left out
    Drop,
}

impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary",
            Self::Term => "term",
            Self::Unary => "unary",
            Self::Negate => "negate",
            Self::Stuck => "stuck",
            Self::Number => "number",
            Self::Index => "index",
            Self::Enumerator => "enumerator",
            Self::Invert => "invert",
            Self::Zero => "zero",
            Self::Drop => "drop",
        })
    }
}
