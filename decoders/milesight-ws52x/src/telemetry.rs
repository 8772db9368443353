//! Values that the WS52x sends.

use champollion_sdk::{
    families::milesight::{ON_OFF, Told, word},
    prelude::*,
};

use crate::socket;

/// Reads the value behind its header, or returns that it is none.
pub(crate) fn read(
    header: [u8; 2],
    value: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    match header {
        [0x03, 0x74] => {
            let volts = value.u16_le()?.divided_by(10.0);
            told.say("voltage", *volts);
            told.measure(quantity::ELECTRICITY_VOLTAGE.of(volts));
        }
        [0x04, 0x80] => {
            let watts = value.u32_le()?;
            told.say("active_power", *watts);
            told.measure(quantity::ELECTRICITY_POWER_ACTIVE.of(watts.map(f64::from)));
        }
        [0x05, 0x81] => {
            let percent = value.u8()?;
            told.say("power_factor", *percent);
            // More than all of the power is none.
            if *percent <= 100 {
                told.measure(quantity::ELECTRICITY_POWER_FACTOR.of(percent.divided_by(100.0)));
            }
        }
        [0x06, 0x83] => {
            let watt_hours = value.u32_le()?;
            told.say("power_consumption", *watt_hours);
            told.measure(quantity::ELECTRICITY_ENERGY_ACTIVE.of(watt_hours.divided_by(1e3)));
        }
        [0x07, 0xC9] => {
            let milliamperes = value.u16_le()?;
            told.say("current", *milliamperes);
            told.measure(quantity::ELECTRICITY_CURRENT.of(milliamperes.divided_by(1e3)));
        }
        [socket::CHANNEL, 0x70] => {
            let is_on = value.u8()?.bit(0);
            told.say(socket::STATE, word(ON_OFF, u8::from(*is_on)));
            told.measure(quantity::SWITCH_CLOSED.of(is_on));
        }
        _ => return Ok(false),
    }
    Ok(true)
}
