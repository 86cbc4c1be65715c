// SPDX-License-Identifier: Apache-2.0
//! InformationBuffers byte by byte, and the NDIS_STATUS that the table in the programmer's guide gives
//! them: written from the structures' offsets alone, so that it is a third opinion beside model and RTL.
#![allow(dead_code)]

use std::net::IpAddr;

pub const OID_ADD: u32 = 0xfc03_0202;
pub const OID_DELETE: u32 = 0xfc03_0203;
pub const OID_UPDATE: u32 = 0xfc03_0204;
pub const OID_ADD_EX: u32 = 0xfc03_0205;

pub const SUCCESS: u32 = 0;
pub const PENDING: u32 = 0x103;
pub const NOT_ACCEPTED: u32 = 0x0001_0003;
pub const NOT_SUPPORTED: u32 = 0xc000_00bb;
pub const RESOURCES: u32 = 0xc000_009a;
pub const INVALID_PARAMETER: u32 = 0xc000_000d;
pub const REQUEST_ABORTED: u32 = 0xc001_000c;
pub const RESET_IN_PROGRESS: u32 = 0xc001_000d;
pub const INVALID_LENGTH: u32 = 0xc001_0014;
pub const INVALID_DATA: u32 = 0xc001_0015;
pub const INVALID_OID: u32 = 0xc001_0017;

/// Bytes of a window.
pub const WINDOW: u32 = 512;

/// An association in the two structures.
#[derive(Clone, Copy, Debug)]
pub struct Assoc(pub usize);

impl Assoc {
    pub const fn flags(self) -> usize {
        self.0
    }
    pub const fn operation(self) -> usize {
        self.0 + 4
    }
    pub const fn spi(self) -> usize {
        self.0 + 8
    }
    /// Identifier; KeyLength, KeyOffsetBytes and AdditionalInfo follow.
    pub const fn authentication(self) -> usize {
        self.0 + 0xc
    }
    pub const fn encryption(self) -> usize {
        self.0 + 0x1c
    }
    pub const fn sequence_high(self) -> usize {
        self.0 + 0x2c
    }
}

/// Behind Identifier.
pub const KEY_LENGTH: usize = 4;
pub const KEY_OFFSET_BYTES: usize = 8;
pub const ADDITIONAL_INFO: usize = 12;

/// Where the members of ADD_SA or ADD_SA_EX are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub ex: bool,
    pub oid: u32,
    pub fixed: u32,
    pub num: usize,
    pub flags: usize,
    pub endpoints: usize,
    pub handle: usize,
    pub udp: usize,
    assoc: usize,
    pub key_length: usize,
    /// EX alone
    pub key_offset: usize,
}

pub const ADD: Layout = Layout {
    ex: false,
    oid: OID_ADD,
    fixed: 169,
    num: 0x10,
    flags: 0x14,
    endpoints: 0x18,
    handle: 0x38,
    udp: 0x40,
    assoc: 0x44,
    key_length: 0xa4,
    key_offset: 0,
};

pub const ADD_EX: Layout = Layout {
    ex: true,
    oid: OID_ADD_EX,
    fixed: 170,
    num: 0x4,
    flags: 0x8,
    endpoints: 0xc,
    handle: 0x30,
    udp: 0x38,
    assoc: 0x3c,
    key_length: 0x9c,
    key_offset: 0xa0,
};

impl Layout {
    pub const fn assoc(&self, k: usize) -> Assoc {
        Assoc(self.assoc + 0x30 * k)
    }
}

/// A command as the window gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    pub oid: u32,
    pub bytes: Vec<u8>,
    pub length: u32,
}

impl Buffer {
    /// So many zero bytes.
    pub fn zeros(oid: u32, length: u32) -> Self {
        Self {
            oid,
            bytes: vec![0; length.min(WINDOW) as usize],
            length,
        }
    }

    pub fn set(&mut self, at: usize, word: u32) -> &mut Self {
        self.bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        self
    }

    pub fn get(&self, at: usize) -> u32 {
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(self.bytes.iter().skip(at)) {
            *to = *from;
        }
        u32::from_le_bytes(word)
    }

    /// The bytes, and LENGTH with them.
    pub fn resize(&mut self, length: usize) -> &mut Self {
        self.bytes.resize(length, 0);
        self.length = length as u32;
        self
    }

    pub fn spi(&mut self, at: usize, spi: u32) -> &mut Self {
        self.set(at, spi.swap_bytes())
    }
}

/// A legal ADD: ESP, AES-GCM, the key area right behind the fixed part. `key` is key and salt.
pub fn add(layout: &Layout, inbound: bool, dst: IpAddr, spi: u32, key: &[u8]) -> Buffer {
    // In EX the area begins where the tail padding is; ADD_SA's begins in the fixed part.
    let base = if layout.ex { 0xb0 } else { 0xa8 };
    let mut buffer = Buffer::zeros(layout.oid, (base + key.len()) as u32);
    buffer.bytes[..2].copy_from_slice(&[0x80, 1]);
    buffer.bytes[2..4].copy_from_slice(&(layout.fixed as u16).to_le_bytes());
    let v6 = dst.is_ipv6();
    buffer
        .set(layout.num, 1)
        .set(layout.flags, u32::from(inbound) | u32::from(v6) << 4);
    let end = layout.endpoints;
    match dst {
        IpAddr::V4(dst) => buffer.bytes[end + 4..end + 8].copy_from_slice(&dst.octets()),
        IpAddr::V6(dst) => buffer.bytes[end + 16..end + 32].copy_from_slice(&dst.octets()),
    }
    let sa = layout.assoc(0);
    let algorithm = match key.len() {
        28 => 0x10,
        36 => 0x20,
        _ => 0x08,
    };
    buffer
        .set(sa.operation(), 2)
        .spi(sa.spi(), spi)
        .set(sa.encryption(), algorithm)
        .set(sa.encryption() + KEY_LENGTH, key.len() as u32)
        .set(sa.encryption() + ADDITIONAL_INFO, 16)
        .set(layout.key_length, key.len() as u32);
    if layout.ex {
        buffer.set(layout.key_offset, base as u32);
    }
    buffer.bytes[base..].copy_from_slice(key);
    buffer
}

/// AES-GMAC under the same key: of ESP, or of AH.
pub fn gmac(buffer: &mut Buffer, layout: &Layout, ah: bool) {
    let sa = layout.assoc(0);
    for at in (0..16).step_by(4) {
        let word = buffer.get(sa.encryption() + at);
        buffer.set(sa.authentication() + at, word);
        buffer.set(sa.encryption() + at, 0);
    }
    buffer
        .set(sa.operation(), if ah { 1 } else { 2 })
        .set(sa.encryption(), u32::from(!ah));
}

/// A legal ADD of AH: AES-GMAC.
pub fn add_ah(layout: &Layout, inbound: bool, dst: IpAddr, spi: u32, key: &[u8]) -> Buffer {
    let mut buffer = add(layout, inbound, dst, spi, key);
    gmac(&mut buffer, layout, true);
    buffer
}

/// A legal ADD of a bundle of two: ESP with AES-GCM, and AH, each with its SPI and its key.
pub fn add_two(
    layout: &Layout,
    inbound: bool,
    dst: IpAddr,
    [esp, ah]: [(u32, &[u8]); 2],
) -> Buffer {
    let keys = [esp.1, ah.1].concat();
    let mut buffer = add(layout, inbound, dst, esp.0, esp.1);
    let end = buffer.bytes.len();
    buffer.resize(end + ah.1.len());
    buffer.bytes[end..].copy_from_slice(ah.1);
    let other = add_ah(layout, inbound, dst, ah.0, ah.1);
    let (first, second) = (layout.assoc(0).0, layout.assoc(1));
    buffer.bytes[second.0..second.0 + 48].copy_from_slice(&other.bytes[first..first + 48]);
    buffer
        .set(layout.num, 2)
        .set(layout.key_length, keys.len() as u32)
        .set(
            second.authentication() + KEY_OFFSET_BYTES,
            esp.1.len() as u32,
        );
    buffer
}

pub fn delete(handle: u64) -> Buffer {
    let mut buffer = Buffer::zeros(OID_DELETE, 24);
    buffer.bytes[..4].copy_from_slice(&[0x80, 1, 24, 0]);
    buffer.bytes[16..].copy_from_slice(&handle.to_le_bytes());
    buffer
}

/// Offsets in UPDATE_SA.
pub const UPDATE_OPERATION: usize = 0x10;
pub const UPDATE_SPI: usize = 0x14;

pub fn update(handle: u64, operation: u32, spi: u32, high: u32) -> Buffer {
    let mut buffer = Buffer::zeros(OID_UPDATE, 32);
    buffer.bytes[..4].copy_from_slice(&[0x80, 1, 28, 0]);
    buffer.bytes[8..16].copy_from_slice(&handle.to_le_bytes());
    buffer
        .set(UPDATE_OPERATION, operation)
        .spi(UPDATE_SPI, spi)
        .set(0x18, high);
    buffer
}

/// An association that an ADD wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct New {
    pub ah: bool,
    pub gmac: bool,
    pub spi: u32,
    pub esn: bool,
    pub high: u32,
    /// Bytes of the ICV
    pub icv: u32,
    /// Key and salt: first byte and length in the buffer
    pub key: (usize, usize),
}

/// A bundle that an ADD wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewBundle {
    pub inbound: bool,
    pub v6: bool,
    pub dst: u128,
    pub udp: u32,
    pub first: New,
    pub second: Option<New>,
}

impl NewBundle {
    /// Its associations.
    pub fn each(&self) -> impl Iterator<Item = New> + use<> {
        [Some(self.first), self.second].into_iter().flatten()
    }
}

/// What a command that is not refused for its contents goes on to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    Add(NewBundle),
    Delete(u64),
    /// Handle, operation, SPI, upper word
    Update(u64, u32, u32, u32),
}

/// How a command ends if its contents alone decide: NDIS_STATUS and BytesNeeded, or what it wishes.
pub type Judged = Result<Wish, (u32, u32)>;

/// The parts of the configuration that statuses depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// CTRL.engine_enable and IPSECV2 not 1
    pub on: bool,
    /// IPSECV2 is not 3: with `on`, Ah in the current configuration
    pub ah: bool,
    /// IPSECV2 is not 2: with `on`, Esp in the current configuration
    pub esp: bool,
    /// STAGES
    pub stages: u32,
    pub halt: bool,
    pub host_order: bool,
}

impl Settings {
    /// Everything is on.
    pub const fn up(stages: u32) -> Self {
        Self {
            on: true,
            ah: true,
            esp: true,
            stages,
            halt: false,
            host_order: false,
        }
    }

    /// AhEspCombined
    pub const fn combined(&self) -> bool {
        self.ah && self.esp && self.stages >= 2
    }

    /// UdpEsp
    pub const fn udp(&self) -> u32 {
        match (self.esp, self.stages) {
            (false, _) => 0,
            (true, 1) => 3,
            (true, _) => 0xf,
        }
    }
}

/// The contents of a command under these settings. The table of the programmer's guide, row by row.
pub fn judge(command: &Buffer, settings: Settings) -> Judged {
    let status = |status: u32| Err((status, 0));
    let Buffer { oid, length, .. } = *command;
    if settings.halt {
        return status(NOT_ACCEPTED);
    }
    if !(OID_ADD..=OID_ADD_EX).contains(&oid) {
        return status(INVALID_OID);
    }
    let layout = match oid {
        OID_ADD => Some(ADD),
        OID_ADD_EX => Some(ADD_EX),
        _ => None,
    };
    if layout.is_some() && !settings.on {
        return status(NOT_SUPPORTED);
    }
    let fixed = match (layout, oid) {
        (Some(layout), _) => layout.fixed,
        (None, OID_UPDATE) => 28,
        _ => 24,
    };
    if length < fixed || length > WINDOW {
        return match oid {
            OID_DELETE => status(SUCCESS),
            _ if length > WINDOW => status(INVALID_LENGTH),
            _ => Err((INVALID_LENGTH, fixed)),
        };
    }
    let word = |at: usize| command.get(at);
    let half = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    let spi = |at: usize| match settings.host_order {
        true => word(at),
        false => word(at).swap_bytes(),
    };
    let header = word(0);
    let good = header & 0xff == 0x80 && header >> 8 & 0xff != 0 && header >> 16 >= fixed;
    match oid {
        OID_DELETE if !good => return status(SUCCESS),
        OID_DELETE => return Ok(Wish::Delete(half(16))),
        _ if !good => return status(INVALID_DATA),
        OID_UPDATE if !settings.on => return status(INVALID_PARAMETER),
        OID_UPDATE => return Ok(Wish::Update(half(8), word(0x10), spi(0x14), word(0x18))),
        _ => {}
    }
    let layout = layout.unwrap_or(ADD);
    let num = word(layout.num);
    let flags = word(layout.flags);
    if !(1..=2).contains(&num) || flags & !0x11 != 0 {
        return status(INVALID_DATA);
    }
    let each = || (0..num as usize).map(|k| layout.assoc(k));
    if each().any(|sa| word(sa.flags()) > 1) {
        return status(INVALID_DATA);
    }
    let base = if layout.ex {
        u64::from(word(layout.key_offset))
    } else {
        0xa8
    };
    let area = u64::from(word(layout.key_length));
    if layout.ex && base < 0xaa || base + area > u64::from(length) {
        return status(INVALID_DATA);
    }
    let is_gcm = |id: u32| matches!(id, 0x08 | 0x10 | 0x20);
    let outside = |info: usize| {
        u64::from(word(info + KEY_OFFSET_BYTES)) + u64::from(word(info + KEY_LENGTH)) > area
    };
    if each().any(|sa| {
        outside(sa.encryption()) || !is_gcm(word(sa.encryption())) && outside(sa.authentication())
    }) {
        return status(INVALID_DATA);
    }
    let integrity = |id: u32| matches!(id, 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20);
    let hmac = |id: u32| matches!(id, 0 | 0x01 | 0x02 | 0x04);
    for sa in each() {
        let (operation, spi) = (word(sa.operation()), spi(sa.spi()));
        let (auth, enc) = (word(sa.authentication()), word(sa.encryption()));
        let pair = match (operation, enc) {
            (1, 0) => integrity(auth),
            (2, 0x01) => integrity(auth),
            (2, 0x08 | 0x10 | 0x20) => true,
            (2, 0x02 | 0x04 | 0x40 | 0x80 | 0x100) => hmac(auth),
            _ => false,
        };
        if !pair || spi < 256 {
            return status(INVALID_PARAMETER);
        }
    }
    let first = layout.assoc(0);
    if num == 2 && (word(first.operation()), word(layout.assoc(1).operation())) != (2, 1) {
        return status(INVALID_PARAMETER);
    }
    let udp = word(layout.udp);
    let any_ah = each().any(|sa| word(sa.operation()) == 1);
    if num == 2 && !settings.combined()
        || udp != 0 && (any_ah || !udp.is_power_of_two() || udp & settings.udp() == 0)
    {
        return status(NOT_SUPPORTED);
    }
    // What it is that the device would do, if it does.
    let wished = |sa: Assoc| {
        let ah = word(sa.operation()) == 1;
        let gmac = !is_gcm(word(sa.encryption()));
        let info = if gmac {
            sa.authentication()
        } else {
            sa.encryption()
        };
        let key_length = match word(info) {
            0x08 => 20,
            0x10 => 28,
            0x20 => 36,
            _ => return None,
        };
        let known = !gmac || ah || word(sa.encryption()) == 1;
        let on = if ah { settings.ah } else { settings.esp };
        let icv = match word(info + ADDITIONAL_INFO) {
            0 | 16 => 16,
            short @ (8 | 12) if !gmac => short,
            _ => return None,
        };
        (known && on && word(info + KEY_LENGTH) == key_length).then(|| New {
            ah,
            gmac,
            spi: spi(sa.spi()),
            esn: word(sa.flags()) & 1 != 0,
            high: word(sa.sequence_high()),
            icv,
            key: (
                base as usize + word(info + KEY_OFFSET_BYTES) as usize,
                key_length as usize,
            ),
        })
    };
    let Some(first) = wished(first) else {
        return status(NOT_SUPPORTED);
    };
    let second = match num {
        1 => None,
        _ => match wished(layout.assoc(1)) {
            None => return status(NOT_SUPPORTED),
            second => second,
        },
    };
    let v6 = flags & 0x10 != 0;
    let end = layout.endpoints;
    let (from, size) = if v6 { (end + 16, 16) } else { (end + 4, 4) };
    let dst = (from..from + size).fold(0, |dst, at| {
        dst << 8 | u128::from(command.bytes.get(at).copied().unwrap_or(0))
    });
    Ok(Wish::Add(NewBundle {
        inbound: flags & 1 != 0,
        v6,
        dst,
        udp,
        first,
        second,
    }))
}
