//! Settings, on FPort 50: a device sends one back when it has applied it.

use champollion_sdk::Words;

use super::{MULTICAST_DEVICE, PERCENT, PROFILE, Row, or_all};
use crate::{
    ports::PORT_CONFIG,
    profile::DAYS,
    table::{Addressed, Choice, Field, Form, Number},
};

const OR_DISABLED: Form = PERCENT.or(&[(0xFF, "disabled")]);
const OR_INACTIVE: Form = PERCENT.or(&[(0xFF, "inactive")]);
const THRESHOLD: Form = Form::whole(1, 0, 0xFE).or(&[(0xFF, "disabled")]);
const BYTE: Form = Form::whole(1, 0, 0xFF);
const SECONDS: Form = Form::whole(2, 0, 0xFFFF);

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

/// Seconds since 1970, not before 2000, where the controller's own count begins.
const CLOCK: Number = Number::whole(4, 946_684_800, 0xFFFF_FFFF);

/// Watts or volts beyond which an alert is sent.
const LIMIT: Form = Form::whole(2, 0, 0xFFFE).or(&[(0xFFFF, "alert_off")]);

/// Minutes behind a rise or a set of the sun, before it where they are negative.
const MINUTES: Form = Form::whole(1, -128, 127);

/// Degrees by the hundredth.
const fn hundredths(limit: i64) -> Form {
    Form::whole(2, -limit * 100, limit * 100).parts_of(100)
}

/// Most steps of a profile and most holidays that NAS's encoder writes for firmware 1.1.x.
const MOST_ITEMS: usize = 9;

const DIMMING_STEP: &[Field] = &[("stepTime", Form::Time), ("dimmingLevel", OR_INACTIVE)];
const ZENITH_STEP: &[Field] = &[("zenithAngle", Form::Zenith), ("dimmingLevel", OR_DISABLED)];
const HOLIDAY: &[Field] = &[("", Form::MonthDay)];

/// The settings that are put back to what they were when the device was made. Firmware 1.0.x has the targets from 0x01
/// to 0x06.
const RESET_TARGETS: &[Choice] = &[
    (0x01, "ldr_input_config", &[]),
    (0x03, "dig_input_config_v10", &[]),
    // Of all outputs without an address, and all profiles without a number.
    (
        0x04,
        "profile_config_v10",
        &[
            ("", Form::optional(&[("address", Form::Address(Addressed::Any))])),
            ("", Form::Left(&[("profileId", PROFILE)])),
        ],
    ),
    (0x06, "holiday_config_v10", &[]),
    // All profiles. To clear some of them NAS's decoder reads an address, and its encoder writes the number of a
    // profile; they agree on all.
    (0x21, "profile_config", &[("", Form::Fixed(0xFF))]),
    (0x23, "holiday_config", &[]),
    (0x28, "dig_input_config", &[]),
    (0x29, "light_sensor_config", &[]),
    (0x52, "multicast_config", &[or_all(&[("multicastDevice", MULTICAST_DEVICE)])]),
    // With the device's serial number as a guard.
    (0xFF, "factory_reset", &[("deviceSerial", Form::Reversed)]),
];

/// Where an instruction of firmware 1.1.x has the name of one that 1.0.x alone understands, that one ends with V10.
pub(super) const CONFIGS: &[Row] = &[
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
            ("address", Form::Address(Addressed::Any)),
            ("dimmingLevel", OR_DISABLED),
        ],
    ),
    Row::new(
        "openDrainOutputConfig",
        PORT_CONFIG,
        0x05,
        &[(
            "switchingSteps",
            Form::items(&[("stepTime", Form::Time), ("openDrainOutputOn", Form::Truth)]),
        )],
    ),
    // On at dusk and off at dawn, in minutes before or behind them. One of the offsets alone is a minute.
    Row::new(
        "calendarConfigV10",
        PORT_CONFIG,
        0x06,
        &[
            (
                "",
                Form::together(
                    &[("sunriseOffset", MINUTES), ("sunsetOffset", MINUTES)],
                    &[0xFF, 0xFF],
                    "the calendar is disabled",
                ),
            ),
            ("latitude", hundredths(90)),
            ("longitude", hundredths(180)),
        ],
    ),
    // NAS's encoder takes a minute to a day.
    Row::new("statusConfig", PORT_CONFIG, 0x07, &[("statusInterval", Form::whole(4, 60, 86_400))]),
    // The version is up to the operator; from 240 on numbers mean something else in status packets.
    Row::new(
        "profileConfigV10",
        PORT_CONFIG,
        0x08,
        &[
            ("profileId", PROFILE.or(&[(0xFF, "no_profile")])),
            ("profileVersion", Form::whole(1, 0, 239)),
            ("address", Form::Address(Addressed::Any)),
            ("daysActive", Form::Set(DAYS)),
            ("dimmingSteps", Form::items(DIMMING_STEP)),
        ],
    ),
    Row::new(
        "timeConfig",
        PORT_CONFIG,
        0x09,
        &[("deviceUnixEpoch", Form::Moment(CLOCK.or(&[(0, "force_lorawan_devicetimereq")])))],
    ),
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
        "usageConfig",
        PORT_CONFIG,
        0x0B,
        &[
            ("usageInterval", Form::whole(4, 1, 0xFFFF_FFFF).or(&[(0, "disabled")])),
            // To compute with where the voltage is not measured.
            ("", Form::optional(&[("mainsVoltage", Form::whole(1, 0, 254))])),
        ],
    ),
    Row::new("holidayConfigV10", PORT_CONFIG, 0x0C, &[("holidays", Form::items(HOLIDAY))]),
    // The longest delay after power comes back; each controller waits a random part of it.
    Row::new(
        "bootDelayConfig",
        PORT_CONFIG,
        0x0D,
        &[("bootDelayRange", Form::Brief(Number::whole(2, 0, 0xFFFF)))],
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
                &[("address", Form::Length(254)), ("address", Form::Text)],
            ]),
        )],
    ),
    Row::new(
        "onboardLedConfig",
        PORT_CONFIG,
        0x15,
        &[("", Form::Flags(&[(0, "statusLedEnabled")]))],
    ),
    // Behind its version, of which there is one.
    Row::new(
        "meteringAlertConfig",
        PORT_CONFIG,
        0x16,
        &[
            ("", Form::Fixed(1)),
            ("minPower", LIMIT),
            ("maxPower", LIMIT),
            ("minVoltage", LIMIT),
            ("maxVoltage", LIMIT),
            ("minPowerFactor", PERCENT.parts_of(100).or(&[(0xFF, "alert_off")])),
        ],
    ),
    Row::new(
        "calendarConfig",
        PORT_CONFIG,
        0x20,
        &[
            ("", Form::Lengths(["sunriseSteps", "sunsetSteps"])),
            (
                "",
                Form::Switches(&[
                    (0, "calendarPrefersMetaPos"),
                    (1, "calendarClampsProfiles"),
                    (2, "calendarClampsDig"),
                    (3, "ignoreGnss"),
                ]),
            ),
            ("latitude", hundredths(90)),
            ("longitude", hundredths(180)),
            ("sunriseSteps", Form::items(ZENITH_STEP)),
            ("sunsetSteps", Form::items(ZENITH_STEP)),
        ],
    ),
    Row::new(
        "profileConfig",
        PORT_CONFIG,
        0x21,
        &[
            ("profileId", Form::whole(1, 0, 7).or(&[(0xFF, "no_profile")])),
            ("dimmingSteps", Form::Length(MOST_ITEMS)),
            ("address", Form::Address(Addressed::Any)),
            ("daysActive", Form::Set(DAYS)),
            ("", Form::Reserved),
            ("dimmingSteps", Form::items(DIMMING_STEP)),
        ],
    ),
    Row::new("fadeConfig", PORT_CONFIG, 0x22, &[("fadeDuration", Form::Fade)]),
    Row::new(
        "holidayConfig",
        PORT_CONFIG,
        0x23,
        &[("holidays", Form::Length(MOST_ITEMS)), ("holidays", Form::items(HOLIDAY))],
    ),
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
        &[("address", Form::Length(254)), LATITUDE, LONGITUDE, ("address", Form::Text)],
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
            ("address", Form::Address(Addressed::Any)),
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
            ("dimSteps", Form::Length(254)),
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
            ("address", Form::Address(Addressed::Any)),
            (
                "dimSteps",
                Form::items(&[("lightLevel", Form::Light), ("dimmingLevel", OR_INACTIVE)]),
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
            ("devAddr", Form::Reversed),
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
    Row::new("clearConfig", PORT_CONFIG, 0xFF, &[("resetTarget", Form::Choice(RESET_TARGETS))]),
];
