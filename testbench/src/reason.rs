// SPDX-License-Identifier: Apache-2.0
//! Why a command was refused, in words. What a command says against itself comes from
//! [`ndis::refusal`]; what speaks against it in the state of the device comes from [`State`], which follows
//! the configuration and the SAs from outside, by what was written and what was answered.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::refusal::Request as Check;
use ipsec_model::ndis::{self, AddLayout, AddSa, IpsecOffloadV2, NdisStatus, SpiOrder, UpdateSa};
use ipsec_model::regs;

use crate::control::{image, switched};
use crate::drivers::mailbox::{Answer, Request};
use crate::scenario::IpsecV2;

/// A bundle that was added.
#[derive(Clone, Debug)]
struct Bundle {
    name: String,
    inbound: bool,
    v6: bool,
    dst: u128,
    /// Operation, SPI, whether it has extended sequence numbers
    associations: Vec<(u32, u32, bool)>,
}

/// What became of a handle.
#[derive(Clone, Copy, Debug)]
enum Gone {
    Deleted(u64),
    Reset(u64),
}

/// What is known of a device from outside.
#[derive(Clone, Debug)]
pub struct State {
    device: DeviceConfig,
    ctrl: u32,
    ipsecv2: u32,
    sa_limit: u32,
    halt: bool,
    /// Clock of the last soft reset
    cleared: u64,
    bundles: BTreeMap<u32, Bundle>,
    gone: BTreeMap<u32, (String, Gone)>,
}

impl State {
    /// A device after reset.
    pub fn new(device: DeviceConfig) -> Self {
        Self {
            device,
            ctrl: 0,
            ipsecv2: IpsecV2::AhAndEsp as u32,
            sa_limit: device.num_sa,
            halt: false,
            cleared: 0,
            bundles: BTreeMap::new(),
            gone: BTreeMap::new(),
        }
    }

    /// A hard reset.
    pub fn reset(&mut self, clock: u64) {
        self.forget(clock);
        *self = Self {
            gone: std::mem::take(&mut self.gone),
            ..Self::new(self.device)
        };
    }

    fn forget(&mut self, clock: u64) {
        for (handle, bundle) in std::mem::take(&mut self.bundles) {
            self.gone.insert(handle, (bundle.name, Gone::Reset(clock)));
        }
    }

    /// A register was written.
    pub fn wrote(&mut self, address: u16, data: u32, clock: u64) {
        match u32::from(address) & !3 {
            regs::CTRL => self.ctrl = data,
            regs::IPSECV2 if (1..=4).contains(&(data & 0xff)) => self.ipsecv2 = data & 0xff,
            regs::SA_LIMIT => self.sa_limit = data.min(self.device.num_sa),
            regs::HALT => self.halt = regs::halt::HALT.get(data) != 0,
            regs::COMMAND if regs::command::SOFT_RESET.get(data) != 0 => {
                self.forget(clock);
                self.cleared = clock;
            }
            _ => {}
        }
    }

    /// The current configuration.
    pub fn current(&self) -> IpsecOffloadV2 {
        let engine = regs::ctrl::ENGINE_ENABLE.get(self.ctrl) != 0;
        let ipsecv2 = IpsecV2::ALL
            .into_iter()
            .find(|value| *value as u32 == self.ipsecv2);
        match ipsecv2 {
            Some(value) if engine => {
                let all = image(self.device, self.sa_limit);
                IpsecOffloadV2::from_bytes(&switched(all, value))
            }
            _ => IpsecOffloadV2::default(),
        }
    }

    /// The name of the SA with this handle, and whether it is there.
    pub fn name(&self, handle: u32) -> Option<(&str, bool)> {
        let live = self.bundles.get(&handle).map(|b| (b.name.as_str(), true));
        live.or_else(|| {
            self.gone
                .get(&handle)
                .map(|(name, _)| (name.as_str(), false))
        })
    }

    /// A command ended: why, if it was refused or had nothing to delete. `name` is that of the SA if it is
    /// an ADD.
    pub fn ended(
        &mut self,
        request: &Request,
        order: SpiOrder,
        name: &str,
        answer: &Answer,
        clock: u64,
    ) -> Option<String> {
        if answer.status != ndis::NDIS_STATUS_SUCCESS {
            return Some(self.refused(request, order, answer));
        }
        match request.oid {
            ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA
            | ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => {
                if let (Some(handle), Some(mut bundle)) = (answer.handle, added(request, order)) {
                    let handle = handle as u32;
                    if answer.rung < self.cleared {
                        // Added before the soft reset, and known behind it.
                        let gone = Gone::Reset(self.cleared);
                        self.gone.insert(handle, (name.to_owned(), gone));
                    } else {
                        bundle.name = name.to_owned();
                        self.gone.remove(&handle);
                        self.bundles.insert(handle, bundle);
                    }
                }
                None
            }
            ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => self.deleted(request, order, clock),
            _ => None,
        }
    }

    /// Why a DELETE had nothing to delete; otherwise its SA is gone.
    fn deleted(&mut self, request: &Request, order: SpiOrder, clock: u64) -> Option<String> {
        if let Some(why) = self.by_itself(request, order, ndis::NDIS_STATUS_SUCCESS) {
            return Some(format!("nothing was deleted: {why}"));
        }
        let handle = ndis::DeleteSa::parse(&padded(request)).ok()?.offload_handle;
        let live = u32::try_from(handle)
            .ok()
            .and_then(|handle| Some((handle, self.bundles.remove(&handle)?)));
        match live {
            Some((handle, bundle)) => {
                self.gone
                    .insert(handle, (bundle.name, Gone::Deleted(clock)));
                None
            }
            None => Some(format!("nothing was deleted: {}", self.unknown(handle))),
        }
    }

    /// What the command says against itself, if it ends with this status for that.
    fn by_itself(&self, request: &Request, order: SpiOrder, status: u32) -> Option<String> {
        let current = self.current();
        let check = Check {
            oid: request.oid,
            length: request.length,
            buffer: &request.buffer,
            current: &current,
            spi_order: order,
        };
        let refusal = check.refusal()?;
        (refusal.status == NdisStatus(status)).then(|| sentence(&refusal.to_string()))
    }

    fn refused(&self, request: &Request, order: SpiOrder, answer: &Answer) -> String {
        let status = answer.status;
        if let Some(cancelled) = answer.cancelled
            && status == ndis::NDIS_STATUS_REQUEST_ABORTED
        {
            let clocks = cancelled - answer.rung;
            return format!("it was cancelled, {clocks} clocks behind its doorbell");
        }
        match status {
            ndis::NDIS_STATUS_REQUEST_ABORTED => return "a soft reset cut it".to_owned(),
            ndis::NDIS_STATUS_RESET_IN_PROGRESS => {
                return "INIT_DONE was 0: the device was in reset".to_owned();
            }
            ndis::NDIS_STATUS_NOT_ACCEPTED if self.halt => return "HALT is 1".to_owned(),
            ndis::NDIS_STATUS_NOT_ACCEPTED => {
                return "INIT_DONE was 0: in reset DELETE_SA is not accepted".to_owned();
            }
            _ => {}
        }
        self.by_itself(request, order, status)
            .or_else(|| self.by_state(request, order, status))
            .or_else(|| self.by_status(request, order, status))
            .unwrap_or_else(|| {
                "no rule of the programmer's guide gives this status here".to_owned()
            })
    }

    /// What the state of the device says against the command.
    fn by_state(&self, request: &Request, order: SpiOrder, status: u32) -> Option<String> {
        let update = request.oid == ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
        match status {
            ndis::NDIS_STATUS_RESOURCES => Some(format!(
                "{} bundles are there and SA_LIMIT is {}",
                self.bundles.len(),
                self.sa_limit
            )),
            ndis::NDIS_STATUS_INVALID_PARAMETER if update => self.no_update(request, order),
            ndis::NDIS_STATUS_INVALID_PARAMETER => self.duplicate(request, order),
            _ => None,
        }
    }

    /// What the status says.
    fn by_status(&self, request: &Request, order: SpiOrder, status: u32) -> Option<String> {
        let current = self.current();
        let check = Check {
            oid: request.oid,
            length: request.length,
            buffer: &request.buffer,
            current: &current,
            spi_order: order,
        };
        Some(sentence(&check.explain(NdisStatus(status))?.to_string()))
    }

    fn duplicate(&self, request: &Request, order: SpiOrder) -> Option<String> {
        let new = added(request, order)?;
        for (k, (operation, spi, _)) in new.associations.iter().enumerate() {
            let same = self.bundles.iter().find(|(_, old)| {
                old.inbound
                    && (old.v6, old.dst) == (new.v6, new.dst)
                    && old
                        .associations
                        .iter()
                        .any(|(o, s, _)| (o, s) == (operation, spi))
            });
            if let Some((handle, old)) = same {
                return Some(format!(
                    "SecAssoc[{k}].Spi 0x{spi:08x} to {} is inbound SA '{}' already (handle 0x{handle:08x})",
                    address(new.v6, new.dst),
                    old.name
                ));
            }
        }
        None
    }

    fn no_update(&self, request: &Request, order: SpiOrder) -> Option<String> {
        let update = UpdateSa::parse(&padded(request), order).ok()?;
        let handle = update.offload_handle;
        let live = u32::try_from(handle)
            .ok()
            .and_then(|handle| self.bundles.get(&handle));
        let Some(bundle) = live else {
            return Some(self.unknown(handle));
        };
        let name = &bundle.name;
        let of = bundle
            .associations
            .iter()
            .enumerate()
            .find(|(_, (operation, ..))| *operation == update.operation);
        let Some((k, (_, spi, esn))) = of else {
            return Some(format!(
                "Operation {} is that of no association of SA '{name}'",
                update.operation
            ));
        };
        if *spi != update.spi {
            return Some(format!(
                "Spi is 0x{:08x}: that of SA '{name}' is 0x{spi:08x}",
                update.spi
            ));
        }
        (!esn).then(|| {
            format!("SA '{name}' was added without IPSEC_OFFLOAD_V2_ESN_SA in SecAssoc[{k}].Flags")
        })
    }

    /// Why there is no bundle of this handle.
    fn unknown(&self, handle: u64) -> String {
        let text = format!("OffloadHandle 0x{handle:08x}");
        match u32::try_from(handle).ok().and_then(|h| self.gone.get(&h)) {
            Some((name, Gone::Deleted(clock))) => {
                format!("{text} was SA '{name}', which was deleted in clock {clock}")
            }
            Some((name, Gone::Reset(clock))) => {
                format!("{text} was SA '{name}', which a reset took in clock {clock}")
            }
            None => format!("{text} was never given out"),
        }
    }
}

/// A sentence without the status at its end: that stands beside it.
fn sentence(text: &str) -> String {
    match text.rfind(" (NDIS_STATUS") {
        Some(at) => text[..at].to_owned(),
        None => text.to_owned(),
    }
}

/// The buffer as the device has it: bytes not written are zero.
fn padded(request: &Request) -> Vec<u8> {
    let mut bytes = request.buffer.clone();
    bytes.resize(bytes.len().max(regs::MAILBOX_SLOT_WINDOW_SIZE as usize), 0);
    bytes
}

fn added(request: &Request, order: SpiOrder) -> Option<Bundle> {
    let layout = match request.oid {
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => AddLayout::Plain,
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => AddLayout::Ex,
        _ => return None,
    };
    let add = AddSa::parse(&padded(request), layout, order).ok()?;
    let count = (add.num_ext_hdrs as usize).min(add.sec_assoc.len());
    Some(Bundle {
        name: String::new(),
        inbound: add.inbound(),
        v6: add.v6(),
        dst: add.destination(),
        associations: add.sec_assoc[..count]
            .iter()
            .map(|a| {
                (
                    a.operation,
                    a.spi,
                    a.flags & ndis::IPSEC_OFFLOAD_V2_ESN_SA != 0,
                )
            })
            .collect(),
    })
}

fn address(v6: bool, dst: u128) -> IpAddr {
    if v6 {
        Ipv6Addr::from(dst).into()
    } else {
        Ipv4Addr::from(dst as u32).into()
    }
}
