//! Decoder of the NAS Systems UL20xx street-light controllers: UL2002, UL2014, UL2020, UL2021,
//! UL2030, firmware 1.0.x and 1.1.x.
//!
//! Sources, called by these names in this crate:
//!
//! - *payloads 1.1*: NAS, "LCU payloads, firmware 1.1.x", <https://docs.nasys.no/en/lcu/payloads>,
//!   with its parts `payloads-uplinks`, `payloads-configs` and `payloads-commands`;
//! - *protocol 1.0*: NAS, "Luminaire controller UL20xx FW 1.0.x+, communication protocols";
//! - *nas-codecs*: NAS's own codec and its test data, <https://github.com/nasys/nas-codecs>, 0.12.0;
//! - *Kungsbacka*: the decoder that a city wrote for its lamps,
//!   <https://github.com/Kungsbacka/IoTPayloadDecoder>.
//!
//! The firmware is told by the port: status and usage are sent on ports 24 and 25 by 1.0.x, and on
//! ports 23 and 26 by 1.1.x. All integers are little-endian.
//!
//! Channels of the measurements: 0 is the controller itself and what it does to all drivers at once;
//! 1 to 64 are the DALI drivers 0 to 63; 65 to 80 the DALI groups 0 to 15; 81 the 0-10 V output.
//! The drivers cannot keep their own numbers, since driver 0 would be taken for the controller.

mod address;
mod answer;
mod boot;
mod command;
mod driver;
mod event;
mod fade;
mod holiday;
mod ports;
mod profile;
mod rows;
mod sensors;
mod status;
mod status_v10;
mod table;
mod usage;
mod zenith;

use champollion_sdk::prelude::*;

use crate::ports::{PORT_COMMAND, PORT_CONFIG};

/// The decoder of the UL20xx.
#[derive(Debug)]
pub struct NasUl20xx;

impl Decoder for NasUl20xx {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        let reading = match uplink.f_port {
            23 => status::read(&mut payload)?,
            24 => status_v10::read(&mut payload)?,
            25 => usage::read_v10(&mut payload)?,
            26 => usage::read(&mut payload)?,
            // Applied configurations and commands come back as they were sent.
            PORT_CONFIG => Reading::new(&command::read(PORT_CONFIG, &mut payload)?)?,
            PORT_COMMAND => answer::read_answer(&mut payload)?,
            61 => event::read(&mut payload)?,
            99 => boot::read(&mut payload)?,
            f_port => return Err(Failure::unknown_port(f_port)),
        };
        payload.end()?;
        Ok(reading)
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        command::encode(command)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        let mut payload = downlink.reader();
        let instruction = command::read(downlink.f_port, &mut payload)?;
        payload.end()?;
        Reading::new(&instruction)
    }
}

champollion_sdk::export!(NasUl20xx);

#[cfg(test)]
mod tests;
