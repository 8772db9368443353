//! The instruction that asks for a setting, on FPort 49; the device sends it on FPort 50.

use super::{MULTICAST_DEVICE, PROFILE, Row, or_all};
use crate::{
    ports::PORT_REQUEST,
    table::{Choice, Field, Form},
};

/// Of a profile; without it all are asked for.
const OR_ALL_PROFILES: Field = or_all(&[("profileId", PROFILE)]);

/// Settings that this decoder can read when they come. Firmware 1.0.x can be asked for no profile.
const CONFIGS: &[Choice] = &[
    (0x07, "statusConfig", &[]),
    (0x09, "timeConfig", &[]),
    (0x0B, "usageConfig", &[]),
    (0x0D, "bootDelayConfig", &[]),
    (0x15, "onboardLedConfig", &[]),
    (0x16, "meteringAlertConfig", &[]),
    (0x06, "calendarConfigV10", &[]),
    (0x08, "profileConfigV10", &[("profileId", Form::End("no_profiles")), OR_ALL_PROFILES]),
    (0x0C, "holidayConfigV10", &[]),
    (0x20, "calendarConfig", &[]),
    (0x21, "profileConfig", &[OR_ALL_PROFILES]),
    (0x22, "fadeConfig", &[]),
    (0x23, "holidayConfig", &[]),
    (0x24, "daliMonitorConfig", &[]),
    (0x25, "fallbackDimConfig", &[]),
    (0x01, "ldrInputConfig", &[]),
    (0x03, "digInputConfigV10", &[]),
    (0x0A, "legacyDefaultsConfig", &[]),
    (0x0E, "defaultsConfig", &[]),
    (0x13, "locationConfigV10", &[]),
    (0x26, "locationConfig", &[]),
    (0x27, "lumalinkConfig", &[]),
    (0x28, "digInputConfig", &[]),
    (0x29, "lightSensorConfig", &[]),
    (0x2A, "dimNotifyConfig", &[]),
    (0x2B, "interfaceTypeConfig", &[]),
    (0x52, "multicastConfig", &[or_all(&[("multicastDevice", MULTICAST_DEVICE)])]),
];

pub(super) const REQUESTS: &[Row] = &[Row {
    header: None,
    ..Row::new("configRequest", PORT_REQUEST, 0, &[("config", Form::Choice(CONFIGS))])
}];
