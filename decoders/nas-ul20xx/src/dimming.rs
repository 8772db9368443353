//! Commands that act at once: FPort 60 (payloads 1.1, "payloads-commands").

use champollion_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    address::{ALL_DEVICES, Address},
    body::Body,
    values::{Bounded, Percent, Resume},
};

/// Overrides levels until the controller restarts or the override is taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManualDimming {
    destination: Vec<Destination>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Destination {
    address: Address,
    dimming_level: Percent<Resume>,
}

/// Overrides levels for some minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ManualTimedDimming {
    destination: Vec<TimedDestination>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimedDestination {
    address: Address,
    dimming_level: Percent<Resume>,
    /// Duration of the dimming, in minutes.
    duration: Bounded<0, 255>,
}

/// Asks for packets out of turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StatusUsageRequest {
    #[serde(default)]
    usage_requested: bool,
    #[serde(default)]
    status_requested: bool,
    #[serde(default)]
    dim_map_report_requested: bool,
    #[serde(default)]
    request_gnss_notification: bool,
}

/// Asks drivers how they are; firmware 1.0.x alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DaliStatusRequest {
    address: Address,
}

/// Gives the unaddressed driver an address, or finds all drivers anew where there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddressDaliDriver {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
}

/// Reads items up to the end; there must be one at least.
fn read_all<T>(
    payload: &mut Reader<'_>,
    read: impl Fn(&mut Reader<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut items = vec![read(payload)?];
    while !payload.is_empty() {
        items.push(read(payload)?);
    }
    Ok(items)
}

fn at_least_one<T>(destination: &[T]) -> Result<(), Failure> {
    if destination.is_empty() {
        return Err(Failure::invalid_command("destination must hold one address at least"));
    }
    Ok(())
}

impl Body for ManualDimming {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let destination = read_all(payload, |payload| {
            Ok(Destination {
                address: Address::read(payload)?.value,
                dimming_level: Percent::from_device(payload.u8()?)?,
            })
        })?;
        Ok(Self { destination })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        at_least_one(&self.destination)?;
        for destination in &self.destination {
            bytes.push(destination.address.byte());
            bytes.extend(destination.dimming_level.bytes(1));
        }
        Ok(())
    }
}

impl Body for ManualTimedDimming {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let destination = read_all(payload, |payload| {
            Ok(TimedDestination {
                address: Address::read(payload)?.value,
                dimming_level: Percent::from_device(payload.u8()?)?,
                duration: Bounded::from_device(payload.u8()?)?,
            })
        })?;
        Ok(Self { destination })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        at_least_one(&self.destination)?;
        for destination in &self.destination {
            bytes.push(destination.address.byte());
            bytes.extend(destination.dimming_level.bytes(1));
            bytes.extend(destination.duration.bytes(1));
        }
        Ok(())
    }
}

impl Body for StatusUsageRequest {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let flags = payload.u8()?;
        Ok(Self {
            usage_requested: *flags.bit(0),
            status_requested: *flags.bit(1),
            dim_map_report_requested: *flags.bit(2),
            request_gnss_notification: *flags.bit(3),
        })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        let flags = u8::from(self.usage_requested)
            | u8::from(self.status_requested) << 1
            | u8::from(self.dim_map_report_requested) << 2
            | u8::from(self.request_gnss_notification) << 3;
        if flags == 0 {
            return Err(Failure::invalid_command(
                "one of usageRequested, statusRequested, dimMapReportRequested and \
                 requestGnssNotification must be true",
            ));
        }
        bytes.push(flags);
        Ok(())
    }
}

impl Body for DaliStatusRequest {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self { address: Address::read_output(payload)?.value })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        if matches!(self.address, Address::AllDevices | Address::Analog) {
            return Err(Failure::invalid_command(
                "DALI drivers alone have a status; address must be dali_broadcast, dali_single_0 \
                 to dali_single_63 or dali_group_0 to dali_group_15",
            ));
        }
        bytes.push(self.address.byte());
        Ok(())
    }
}

impl Body for AddressDaliDriver {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let address = Address::read(payload)?.value;
        Ok(Self { address: (address != Address::AllDevices).then_some(address) })
    }

    fn write(&self, _: u64, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        match self.address {
            None => bytes.push(ALL_DEVICES),
            Some(address @ Address::DaliSingle(_)) => bytes.push(address.byte()),
            Some(_) => {
                return Err(Failure::invalid_command(
                    "address must be dali_single_0 to dali_single_63, or left out to scan the bus",
                ));
            }
        }
        Ok(())
    }
}
