// SPDX-License-Identifier: Apache-2.0
//! MiniportOidRequest: the two set OIDs of the configuration side.

use ipsec_model::ndis::{
    NDIS_OFFLOAD_SET_OFF, NDIS_OFFLOAD_SET_ON, NDIS_STATUS_INVALID_DATA,
    NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_NOT_SUPPORTED,
    NDIS_STATUS_RESET_IN_PROGRESS, NDIS_STATUS_SUCCESS, NdisOffloadEncapsulation,
    NdisOffloadParameters, OID_OFFLOAD_ENCAPSULATION, OID_TCP_OFFLOAD_PARAMETERS,
};
use ipsec_model::regs;

use super::adapter::{Life, Miniport, OrdinaryRequest};
use super::registers::Registers;
use crate::drivers::bus::BusError;
use crate::ndis::NdisCalls;

impl<R: Registers> Miniport<R> {
    /// MiniportOidRequest with a set. It never pends.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn oid_request(
        &mut self,
        request: &mut OrdinaryRequest<'_>,
        calls: &mut dyn NdisCalls,
    ) -> Result<u32, BusError> {
        match self.life {
            Life::Halted | Life::Removed => return Ok(NDIS_STATUS_NOT_ACCEPTED),
            Life::Resetting(_) => return Ok(NDIS_STATUS_RESET_IN_PROGRESS),
            Life::Up => {}
        }
        let before = self.configuration;
        let checked = match request.oid {
            // Without 802.3 there is no offload at all.
            OID_TCP_OFFLOAD_PARAMETERS | OID_OFFLOAD_ENCAPSULATION
                if self.hardware.encapsulation == 0 =>
            {
                Err(NDIS_STATUS_NOT_SUPPORTED)
            }
            OID_TCP_OFFLOAD_PARAMETERS => self.set_parameters(request.buffer),
            OID_OFFLOAD_ENCAPSULATION => self.set_encapsulation(request.buffer),
            _ => Err(NDIS_STATUS_NOT_SUPPORTED),
        };
        let length = match checked {
            Ok(length) => length,
            Err(status) => {
                self.configuration = before;
                return Ok(status);
            }
        };
        self.apply_configuration()?;
        // The change raises INTR_STATE.config too; it finds nothing new then.
        self.report(calls, true)?;
        request.bytes_read = length as u32;
        Ok(NDIS_STATUS_SUCCESS)
    }

    fn set_parameters(&mut self, buffer: &[u8]) -> Result<usize, u32> {
        let parameters =
            NdisOffloadParameters::parse(buffer).map_err(|_| NDIS_STATUS_INVALID_DATA)?;
        // The other member is unused, whatever it holds.
        let value = if self.hardware.ipv6_supported {
            parameters.ipsec_v2
        } else {
            parameters.ipsec_v2_ipv4
        };
        if !self.configuration.set_parameter(value) {
            return Err(NDIS_STATUS_INVALID_DATA);
        }
        Ok(buffer.len())
    }

    fn set_encapsulation(&mut self, buffer: &[u8]) -> Result<usize, u32> {
        let set = NdisOffloadEncapsulation::parse(buffer)
            .and_then(|set| set.check().map(|()| set))
            .map_err(|_| NDIS_STATUS_INVALID_DATA)?;
        let settings = [
            (set.ipv4_enabled, set.ipv4_encapsulation_type),
            (set.ipv6_enabled, set.ipv6_encapsulation_type),
        ];
        let mut on = settings.iter().filter(|s| s.0 == NDIS_OFFLOAD_SET_ON);
        if on.clone().count() > 0 {
            // The device has one gate for both IP versions: it opens for the one that it can do.
            if !on.any(|s| self.encapsulation_supported(s.1)) {
                return Err(NDIS_STATUS_INVALID_PARAMETER);
            }
            self.configuration.encapsulation = Some(true);
        } else if settings.iter().any(|s| s.0 == NDIS_OFFLOAD_SET_OFF) {
            self.configuration.encapsulation = Some(false);
        }
        Ok(buffer.len())
    }

    fn encapsulation_supported(&self, wanted: u32) -> bool {
        wanted != 0 && wanted & !self.hardware.encapsulation == 0
    }

    /// A change of the capacity that comes from the driver itself. NDIS learns of it through the interrupt.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn set_sa_limit(&mut self, bundles: u32) -> Result<(), BusError> {
        self.configuration.sa_limit = Some(bundles);
        if self.life == Life::Up {
            self.registers.write32(regs::SA_LIMIT, bundles)?;
        }
        Ok(())
    }
}
