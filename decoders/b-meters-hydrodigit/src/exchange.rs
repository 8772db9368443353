//! The functions of the meter, by which commands and answers are told apart.

use champollion_sdk::families::b_meters;

/// A command or its answer.
pub(crate) type Exchange<'payload> = b_meters::Exchange<'payload, Function>;

/// The device type that the manual has in all requests.
pub(crate) const DEVICE_TYPE: u8 = 5;

/// The words for the errors of an answer.
pub(crate) const ERRORS: &[(u8, &str)] =
    &[(0, "none"), (1, "data"), (2, "deviceType"), (4, "length")];

/// A function of the meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    GetFirmware,
    Reset,
    GetSerialNumber,
    SetClock,
    GetClock,
    SetInterval,
    SetTemperature,
    GetAlarmSettings,
    GetAlarms,
    ClearAlarms,
}

impl b_meters::Function for Function {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::GetFirmware, 0x07, "getFirmware"),
        (Self::Reset, 0x0A, "reset"),
        (Self::GetSerialNumber, 0x13, "getSerialNumber"),
        (Self::SetClock, 0x14, "setClock"),
        (Self::GetClock, 0x15, "getClock"),
        (Self::SetInterval, 0x24, "setInterval"),
        (Self::SetTemperature, 0x26, "setTemperature"),
        (Self::GetAlarmSettings, 0x27, "getAlarmSettings"),
        (Self::GetAlarms, 0x28, "getAlarms"),
        (Self::ClearAlarms, 0x29, "clearAlarms"),
    ];

    const BEHIND: Option<u8> = Some(DEVICE_TYPE);
}
