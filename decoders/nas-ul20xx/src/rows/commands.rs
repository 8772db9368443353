//! Instructions that act at once: commands on FPort 60, updates on FPort 51.

use super::{OR_RESUME, Row};
use crate::{
    ports::{PORT_COMMAND, PORT_UPDATE},
    table::{Addressed, Field, Form},
};

const BYTE: Form = Form::whole(1, 0, 0xFF);

/// A level for an output, until the controller restarts or it is taken back.
const DESTINATION: &[Field] =
    &[("address", Form::Address(Addressed::Any)), ("dimmingLevel", OR_RESUME)];

/// A level for an output, for some minutes.
const TIMED_DESTINATION: &[Field] =
    &[("address", Form::Address(Addressed::Any)), ("dimmingLevel", OR_RESUME), ("duration", BYTE)];

/// The instruction after which the controller waits in its bootloader.
pub(super) const ACTIVATE_DFU: &str = "activateDfu";

pub(super) const COMMANDS: &[Row] = &[
    Row::new("restartController", PORT_UPDATE, 0xFE, &[]),
    Row::new(ACTIVATE_DFU, PORT_UPDATE, 0xFF, &[]),
    // Firmware 1.0.x alone.
    Row::new(
        "daliStatusRequest",
        PORT_COMMAND,
        0x00,
        &[("address", Form::Address(Addressed::Dali))],
    ),
    Row::new("manualDimming", PORT_COMMAND, 0x01, &[("destination", Form::Items(DESTINATION, 1))]),
    Row::new("customDaliRequest", PORT_COMMAND, 0x03, &[("queryDataRaw", Form::Rest(2))]),
    Row::new("customDaliCommand", PORT_COMMAND, 0x04, &[("daliCommand", Form::Rest(1))]),
    // Packets out of turn.
    Row::new(
        "statusUsageRequest",
        PORT_COMMAND,
        0x05,
        &[(
            "",
            Form::Wishes(&[
                (0, "usageRequested"),
                (1, "statusRequested"),
                (2, "dimMapReportRequested"),
                (3, "requestGnssNotification"),
            ]),
        )],
    ),
    Row::new("interfaceRequest", PORT_COMMAND, 0x06, &[("", Form::Fixed(0xFF))]),
    Row::new(
        "driverMemoryRead",
        PORT_COMMAND,
        0x07,
        &[
            ("address", Form::Address(Addressed::Output)),
            ("memoryBank", BYTE),
            ("memoryAddress", BYTE),
            ("readSize", BYTE),
            ("memoryValue", Form::Answer("readSize")),
        ],
    ),
    Row::new(
        "driverMemoryWrite",
        PORT_COMMAND,
        0x08,
        &[
            ("address", Form::Address(Addressed::Output)),
            ("memoryBank", BYTE),
            ("memoryAddress", BYTE),
            ("memoryValue", Form::Rest(0)),
        ],
    ),
    Row::new(
        "manualTimedDimming",
        PORT_COMMAND,
        0x09,
        &[("destination", Form::Items(TIMED_DESTINATION, 1))],
    ),
    // The driver that has no address gets one, or all drivers are found anew where there is none.
    Row::new(
        "addressDaliDriver",
        PORT_COMMAND,
        0x0A,
        &[("", Form::optional(&[("address", Form::Address(Addressed::Driver))]))],
    ),
    Row::new("daliIdentify", PORT_COMMAND, 0x0B, &[]),
    Row::new(
        "openDrainOutputControl",
        PORT_COMMAND,
        0x0C,
        &[("", Form::Flags(&[(0, "openDrainOutputOn")]))],
    ),
];
