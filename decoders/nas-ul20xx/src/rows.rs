//! Instructions whose values stand one after another: settings on FPort 50, commands on FPort 60.
//!
//! Beside *payloads 1.1* and *protocol 1.0* they are as *nas-codecs* reads and writes them.

use champollion_sdk::{Json, Map, Words, prelude::*};

use crate::{
    ports::{PORT_COMMAND, PORT_CONFIG},
    table::{self, Field, Form},
};

/// An instruction: its name, the port and the first byte by which it is known, and its values.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) port: u8,
    pub(crate) header: u8,
    fields: &'static [Field],
}

impl Row {
    const fn new(name: &'static str, port: u8, header: u8, fields: &'static [Field]) -> Self {
        Self { name, port, header, fields }
    }

    pub(crate) fn of(port: u8, header: u8) -> Option<&'static Self> {
        ROWS.iter().find(|row| (row.port, row.header) == (port, header))
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.name == name)
    }

    /// Reads the values behind the first byte.
    pub(crate) fn read(&self, payload: &mut Reader<'_>) -> Result<Map<String, Json>, Failure> {
        table::read(self.fields, payload)
    }

    /// Writes the values with the first byte.
    pub(crate) fn write(
        &self,
        body: &Map<String, Json>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        bytes.push(self.header);
        table::write(self.fields, &format!("{}.", self.name), body.clone(), bytes)
    }
}

const PERCENT: Form = Form::whole(1, 0, 100);
const OR_DISABLED: Form = PERCENT.or(&[(0xFF, "disabled")]);
const OR_INACTIVE: Form = PERCENT.or(&[(0xFF, "inactive")]);
const THRESHOLD: Form = Form::whole(1, 0, 0xFE).or(&[(0xFF, "disabled")]);
const BYTE: Form = Form::whole(1, 0, 0xFF);
const SECONDS: Form = Form::whole(2, 0, 0xFFFF);

/// Devices of multicast: 0 to 3 by firmware 1.1.x, 1 to 4 by 1.0.x.
const MULTICAST_DEVICE: Form = Form::whole(1, 0, 4);

/// Degrees by the ten-millionth.
const fn degrees(limit: i64) -> Form {
    Form::whole(4, -limit * 10_000_000, limit * 10_000_000)
        .parts_of(10_000_000)
        .or(&[(0x7FFF_FFFF, "not_configured")])
}

const LATITUDE: Field = ("latitude", degrees(90));
const LONGITUDE: Field = ("longitude", degrees(180));

const ACCESS: Words =
    &[(0, "never_advertise"), (1, "first_commission"), (2, "every_boot"), (3, "always")];
/// The maker's encoder has 255 for the factory's setting; its decoder has 254 twice, and means 255 by the second.
const INTERFACES: Words =
    &[(0, "dali"), (1, "analog_0_10v"), (254, "not_supported"), (255, "factory_default")];
const SWITCH_POINTS: Words = &[(0, "twilight"), (1, "sunset")];

/// Where an instruction of firmware 1.1.x has the name of one that 1.0.x alone understands, that one ends with V10.
const ROWS: &[Row] = &[
    Row::new(
        "ldrInputConfig",
        PORT_CONFIG,
        0x01,
        &[
            ("ldrOffThresholdHigh", THRESHOLD),
            ("ldrOnThresholdLow", THRESHOLD),
            ("", Form::Flags(&[(2, "triggerAlertEnabled")])),
        ],
    ),
    Row::new(
        "digInputConfigV10",
        PORT_CONFIG,
        0x03,
        &[
            ("lightOnDuration", Form::whole(2, 0, 0xFFFE).or(&[(0xFFFF, "dig_input_disabled")])),
            ("", Form::Flags(&[(1, "signalEdgeRising"), (2, "triggerAlertEnabled")])),
            ("address", Form::Address),
            ("dimmingLevel", OR_DISABLED),
        ],
    ),
    Row::new(
        "openDrainOutputConfig",
        PORT_CONFIG,
        0x05,
        &[(
            "switchingSteps",
            Form::Items(&[("stepTime", Form::Time), ("openDrainOutputOn", Form::Truth)]),
        )],
    ),
    // NAS's encoder takes a minute to a day.
    Row::new("statusConfig", PORT_CONFIG, 0x07, &[("statusInterval", Form::whole(4, 60, 86_400))]),
    Row::new(
        "legacyDefaultsConfig",
        PORT_CONFIG,
        0x0A,
        &[
            ("defaultDim", PERCENT),
            (
                "",
                Form::Flags(&[
                    (0, "ldrAlertEnabled"),
                    (2, "digAlertEnabled"),
                    (3, "daliAlertEnabled"),
                ]),
            ),
        ],
    ),
    Row::new(
        "defaultsConfig",
        PORT_CONFIG,
        0x0E,
        &[(
            "",
            Form::Parts(&[
                &[("defaultDim", PERCENT)],
                &[("maxDim", PERCENT.or(&[(0xFF, "default")]))],
                &[("fadeDuration", Form::Fade)],
                &[("switchPointSunset", Form::Words(SWITCH_POINTS))],
                &[("legacyModeEnabled", Form::Flags(&[(0, "legacyModeEnabled")]))],
            ]),
        )],
    ),
    Row::new(
        "locationConfigV10",
        PORT_CONFIG,
        0x13,
        &[(
            "",
            Form::Parts(&[
                &[LATITUDE, LONGITUDE],
                &[("address", Form::Length), ("address", Form::Text)],
            ]),
        )],
    ),
    Row::new(
        "onboardLedConfig",
        PORT_CONFIG,
        0x15,
        &[("", Form::Flags(&[(0, "statusLedEnabled")]))],
    ),
    Row::new("fadeConfig", PORT_CONFIG, 0x22, &[("fadeDuration", Form::Fade)]),
    // 0 is off, as NAS's decoder has it; its encoder writes 255 there, which its own decoder reads as 255 seconds.
    Row::new(
        "daliMonitorConfig",
        PORT_CONFIG,
        0x24,
        &[
            (
                "",
                Form::Flags(&[
                    (0, "sendDaliAlert"),
                    (1, "correctDaliDimmingLevel"),
                    (2, "periodicBusScanEnabled"),
                ]),
            ),
            ("monitoringInterval", Form::whole(2, 1, 0xFFFF).or(&[(0, "disabled")])),
        ],
    ),
    Row::new("fallbackDimConfig", PORT_CONFIG, 0x25, &[("fallbackDimmingLevel", PERCENT)]),
    Row::new(
        "locationConfig",
        PORT_CONFIG,
        0x26,
        &[("address", Form::Length), LATITUDE, LONGITUDE, ("address", Form::Text)],
    ),
    Row::new("lumalinkConfig", PORT_CONFIG, 0x27, &[("accessMode", Form::Words(ACCESS))]),
    // The first byte is the number of the input; the maker's codec calls it `dig_enabled`.
    Row::new(
        "digInputConfig",
        PORT_CONFIG,
        0x28,
        &[
            ("digInput", Form::Off),
            ("digInput", Form::whole(1, 0, 0xFE)),
            (
                "",
                Form::Flags(&[
                    (0, "digModeButton"),
                    (1, "polarityHighOrRising"),
                    (2, "notificationOnActivation"),
                    (3, "notificationOnInactivation"),
                    (7, "sourceD4iMotionSensor"),
                ]),
            ),
            ("address", Form::Address),
            ("activeDimmingLevel", OR_INACTIVE),
            ("inactiveDimmingLevel", OR_INACTIVE),
            ("onDelay", SECONDS),
            ("offDelay", SECONDS),
        ],
    ),
    Row::new(
        "lightSensorConfig",
        PORT_CONFIG,
        0x29,
        &[
            ("dimSteps", Form::Off),
            ("dimSteps", Form::Length),
            (
                "",
                Form::Flags(&[
                    (0, "notificationOnEveryStep"),
                    (1, "lightSensorClampsProfile"),
                    (2, "lightSensorClampsDig"),
                    (3, "interpolateSteps"),
                ]),
            ),
            ("measurementDuration", BYTE),
            ("address", Form::Address),
            (
                "dimSteps",
                Form::Items(&[("lightLevel", Form::Light), ("dimmingLevel", OR_INACTIVE)]),
            ),
        ],
    ),
    Row::new(
        "dimNotifyConfig",
        PORT_CONFIG,
        0x2A,
        &[
            ("randomDelay", Form::whole(1, 0, 0xFE).steps_of(5).or(&[(0xFF, "disabled")])),
            ("packetLimit", BYTE.steps_of(60)),
        ],
    ),
    Row::new(
        "interfaceTypeConfig",
        PORT_CONFIG,
        0x2B,
        &[("interfaceType", Form::Words(INTERFACES))],
    ),
    Row::new(
        "multicastConfig",
        PORT_CONFIG,
        0x52,
        &[
            ("multicastDevice", MULTICAST_DEVICE),
            ("devAddr", Form::DevAddr),
            ("nwkSKey", Form::Key),
            ("appSKey", Form::Key),
        ],
    ),
    Row::new(
        "multicastFcntConfig",
        PORT_CONFIG,
        0x53,
        &[("multicastDevice", MULTICAST_DEVICE), ("multicastFcnt", Form::whole(4, 0, 0xFFFF_FFFF))],
    ),
    Row::new("customDaliRequest", PORT_COMMAND, 0x03, &[("queryDataRaw", Form::Rest(2))]),
    Row::new("customDaliCommand", PORT_COMMAND, 0x04, &[("daliCommand", Form::Rest(1))]),
    Row::new("interfaceRequest", PORT_COMMAND, 0x06, &[("", Form::Fixed(0xFF))]),
    Row::new(
        "driverMemoryRead",
        PORT_COMMAND,
        0x07,
        &[
            ("address", Form::Output),
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
            ("address", Form::Output),
            ("memoryBank", BYTE),
            ("memoryAddress", BYTE),
            ("memoryValue", Form::Rest(0)),
        ],
    ),
    Row::new(
        "openDrainOutputControl",
        PORT_COMMAND,
        0x0C,
        &[("", Form::Flags(&[(0, "openDrainOutputOn")]))],
    ),
];
