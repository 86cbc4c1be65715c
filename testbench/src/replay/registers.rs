// SPDX-License-Identifier: Apache-2.0
//! Names of addresses.

use ipsec_model::regs;

/// The register or memory at an address; empty if there is none.
pub fn register_name(address: u16) -> String {
    let address = u32::from(address);
    if let Some(register) = regs::REGISTERS.iter().find(|r| r.address == address) {
        return register.name.to_owned();
    }
    let memory = regs::MEMORIES
        .iter()
        .find(|m| (m.address..m.address + m.size).contains(&address));
    memory.map_or(String::new(), |m| {
        format!("{}+0x{:x}", m.name, address - m.address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_memories_and_holes() {
        assert_eq!(register_name(0x34), "HASH_SEED");
        assert_eq!(register_name(0x6808), "DIAG.INPUT+0x8");
        assert_eq!(register_name(0xfff0), "");
    }
}
