//! The settings that a device has.
//!
//! Identifiers, names and sizes up to 0x24 come from "Sensor downlink payload" v2.1; the others from
//! the public decoders of CampusIoT (0x25 to 0x2C) and akenza, and from the real message of the
//! latter, which they divide without remainder. Where they disagree, the maker's document counts:
//! AppEUI has 8 bytes (CampusIoT: 16), 0x0E is called Payload (akenza: class) and 0x21 is not used
//! (CampusIoT: KeyWdg).

use Access::{Read, Secret, Write};
use Kind::{Bytes, Number, Switch};

/// One setting that a device has.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The byte that stands before its value.
    pub(crate) id: u8,
    /// The maker's name of it.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) access: Access,
}

/// The form of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One byte, 0 or 1.
    Switch,
    /// As many bytes, most significant first.
    Number(u8),
    /// As many bytes that are no number.
    Bytes(u8),
}

/// The use that this decoder makes of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Shows it and lets a command change it.
    Write,
    /// Shows it. Changing it could make the device unreachable, or is not described well enough.
    Read,
    /// Keeps silent about it, for who knows it can read or lock the device.
    Secret,
}

/// Asks the device to send its settings; no value follows.
pub(crate) const REQUEST: u8 = 0xF9;
/// Asks the device to start anew; no value follows.
pub(crate) const REBOOT: u8 = 0xFE;

const fn setting(id: u8, name: &'static str, kind: Kind, access: Access) -> Setting {
    Setting { id, name, kind, access }
}

/// All settings, in the order of their identifiers.
#[rustfmt::skip]
pub(crate) static SETTINGS: &[Setting] = &[
    setting(0x01, "appSKey", Bytes(16), Secret),
    setting(0x02, "nwkSKey", Bytes(16), Secret),
    setting(0x03, "devEui", Bytes(8), Read),
    setting(0x04, "appEui", Bytes(8), Read),
    setting(0x05, "appKey", Bytes(16), Secret),
    setting(0x06, "devAddr", Bytes(4), Read),
    setting(0x07, "ota", Switch, Read),
    setting(0x08, "port", Number(1), Read),
    setting(0x09, "mode", Number(1), Read),
    setting(0x0A, "ack", Switch, Write),
    setting(0x0B, "drDef", Number(1), Read),
    setting(0x0C, "drMax", Number(1), Read),
    setting(0x0D, "drMin", Number(1), Read),
    setting(0x0E, "payload", Number(1), Read),
    setting(0x0F, "power", Number(1), Read),
    setting(0x10, "extCfg", Number(1), Write),
    setting(0x11, "pirCfg", Number(1), Write),
    setting(0x12, "co2Cfg", Number(1), Write),
    setting(0x13, "accCfg", Bytes(4), Read),
    setting(0x14, "splPer", Number(4), Write),
    setting(0x15, "tempPer", Number(4), Write),
    setting(0x16, "rhPer", Number(4), Write),
    setting(0x17, "lightPer", Number(4), Write),
    setting(0x18, "pirPer", Number(4), Write),
    setting(0x19, "co2Per", Number(4), Write),
    setting(0x1A, "extPer", Number(4), Write),
    setting(0x1B, "extPwrTime", Number(4), Write),
    setting(0x1C, "triggTime", Number(4), Write),
    setting(0x1D, "accPer", Number(4), Write),
    setting(0x1E, "vddPer", Number(4), Write),
    setting(0x1F, "sendPer", Number(4), Write),
    setting(0x20, "lock", Number(4), Secret),
    setting(0x21, "rfu", Number(4), Read),
    setting(0x22, "linkCheck", Bytes(4), Read),
    setting(0x23, "pressPer", Number(4), Write),
    setting(0x24, "soundPer", Number(4), Write),
    setting(0x25, "plan", Number(1), Read),
    setting(0x26, "subBand", Number(1), Read),
    setting(0x27, "lbt", Switch, Read),
    setting(0x28, "ledConfig", Number(1), Read),
    setting(0x29, "co2Action", Number(1), Read),
    setting(0x2A, "waterPer", Number(4), Read),
    setting(0x2B, "reedPer", Number(4), Read),
    setting(0x2C, "reedCfg", Number(4), Read),
    setting(0x2D, "pirSens", Number(1), Read),
    setting(0x2E, "qSize", Number(1), Read),
    setting(0x2F, "qOffset", Switch, Read),
    setting(0x30, "qPurge", Switch, Read),
    setting(0x31, "co2Ref", Number(2), Read),
    setting(0x32, "co2Cal", Number(1), Read),
    setting(0x33, "co2Abc", Number(2), Read),
    setting(0x34, "pirSensivity", Number(1), Read),
    setting(0x35, "occSens", Number(2), Read),
    setting(0x36, "soundPwr", Number(1), Read),
    setting(0x37, "dispPer", Number(4), Read),
    setting(0x38, "dispAction", Number(1), Read),
    setting(0x39, "dispUnit", Number(1), Read),
    setting(0x3A, "dispInv", Switch, Read),
    setting(0x3B, "asr", Switch, Read),
    setting(0x3C, "dispFull", Number(1), Read),
    setting(0x3D, "dispLogo", Number(1), Read),
    setting(0x3E, "dispLang", Number(1), Read),
    setting(0x3F, "lightComp", Number(4), Read),
    setting(0x40, "vocPer", Number(4), Read),
    setting(0xF4, "nfcDisable", Switch, Read),
    setting(0xF5, "sensor", Number(1), Read),
    setting(0xFA, "external", Bytes(1), Read),
    setting(0xFB, "version", Number(2), Read),
    setting(0xFC, "sleep", Bytes(4), Read),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique_and_in_order() {
        assert!(SETTINGS.is_sorted_by(|left, right| left.id < right.id));
    }
}
