//! The functions of the module, by which commands and answers are told apart.

use champollion_sdk::families::b_meters;

/// A command or its answer.
pub(crate) type Exchange<'payload> = b_meters::Exchange<'payload, Function>;

/// The device type that the manual has in all requests.
pub(crate) const DEVICE_TYPE: u8 = 4;

/// The words for the errors of an answer.
pub(crate) const ERRORS: &[(u8, &str)] = &[
    (0, "none"),
    (1, "outOfRange"),
    (2, "deviceType"),
    (3, "wrongRequest"),
    (4, "length"),
    (5, "memory"),
    (7, "data"),
];

/// A function of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    GetFirmware,
    Reset,
    SetClock,
    GetClock,
    SetCounters,
    GetCounters,
    SetMeter,
    GetMeter,
    SetAlarmSettings,
    GetAlarmSettings,
    GetAlarms,
    SetAlarms,
}

impl b_meters::Function for Function {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::GetFirmware, 0x07, "getFirmware"),
        (Self::Reset, 0x0A, "reset"),
        (Self::SetClock, 0x14, "setClock"),
        (Self::GetClock, 0x15, "getClock"),
        (Self::SetCounters, 0x16, "setCounters"),
        (Self::GetCounters, 0x17, "getCounters"),
        (Self::SetMeter, 0x1A, "setMeter"),
        (Self::GetMeter, 0x1B, "getMeter"),
        (Self::SetAlarmSettings, 0x26, "setAlarmSettings"),
        (Self::GetAlarmSettings, 0x27, "getAlarmSettings"),
        (Self::GetAlarms, 0x28, "getAlarms"),
        (Self::SetAlarms, 0x29, "setAlarms"),
    ];
}
