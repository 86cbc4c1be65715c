// SPDX-License-Identifier: Apache-2.0

//! A copy of all that a simulator keeps of a design.

/// A variable in a [`State`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Hierarchical name in the design, or that of a variable that Verilator made up.
    pub name: String,
    /// First byte.
    pub offset: usize,
    /// Bytes: of every row, for a memory.
    pub size: usize,
}

/// Every byte of the object that holds a model's state. Values lie least significant byte first, vectors
/// of more than 64 bits in 32-bit words, arrays row by row. Between the variables there are pointers and
/// filler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    bytes: Vec<u8>,
    /// In the order of their offsets.
    variables: Vec<Variable>,
}

impl State {
    pub(crate) fn new(bytes: Vec<u8>, mut variables: Vec<Variable>) -> Self {
        variables.sort_by_key(|variable| variable.offset);
        Self { bytes, variables }
    }

    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All variables with a simple type: integers, vectors, arrays of them.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The bytes of a variable.
    pub fn value(&self, variable: &Variable) -> &[u8] {
        let range = variable.offset..variable.offset + variable.size;
        self.bytes.get(range).unwrap_or_default()
    }

    /// The variable that holds byte `offset`; `None` for what lies between variables.
    pub fn variable_at(&self, offset: usize) -> Option<&Variable> {
        let behind = self.variables.partition_point(|v| v.offset <= offset);
        let variable = self.variables[..behind].last()?;
        (offset < variable.offset + variable.size).then_some(variable)
    }
}
