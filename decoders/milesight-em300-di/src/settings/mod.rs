//! Settings: commands, and the device's answers, which repeat them.

mod read;
mod write;

use champollion_sdk::word;
use serde::{Deserialize, Serialize, Serializer};

/// One setting of the device.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Setting {
    /// The device starts anew.
    Reboot {},
    /// Asks what the device measures now.
    QueryDeviceStatus {},
    /// Sets the clock by the network.
    SyncTime {},
    /// Seconds between two measurements.
    CollectionInterval(u16),
    /// Seconds between two reports.
    ReportInterval(u16),
    /// Tenths of an hour, cut off: 57 for UTC+5:45.
    TimeZone(i16),
    TemperatureAlarmSettings {
        condition: Condition,
        threshold_min: f64,
        threshold_max: f64,
    },
    ClearCounter {},
    StopCounter {},
    StartCounter {},
    /// Pulses from which the device goes on counting.
    Counter(u32),
    /// Minutes without water, or with it, and whether they are an alarm. The maker has three.
    WaterFlowAlarmSettings(Timeout),
    WaterFlowTimeoutAlarmSettings(Timeout),
    WaterOutageTimeoutAlarmSettings(Timeout),
    PulseConversionSettings {
        enable: Switch,
        water: f64,
        pulse: f64,
        unit: String,
    },
    PulseFilterEnable(Switch),
    /// The time in seconds.
    WaterFlowDetermination(u16),
    GpioMode(Mode),
    /// A key between devices was set. It is a secret: it is not shown, and not sent through here.
    #[serde(skip_deserializing)]
    D2dKey {},
    D2dMasterConfig {
        mode: Event,
        enable: Switch,
        lora_uplink_enable: Switch,
        d2d_cmd: String,
    },
    HistoryEnable(Switch),
    RetransmitEnable(Switch),
    /// The interval in seconds.
    RetransmitInterval(u16),
    /// The interval in seconds.
    ResendInterval(u16),
    /// Asks for stored values of a moment, or between two, in seconds since 1970.
    FetchHistory {
        start_time: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end_time: Option<u32>,
    },
    StopTransmit {},
    ClearHistory {},
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Timeout {
    enable: Switch,
    /// The time in minutes.
    duration: u32,
}

/// Words of the maker, each of which stands for a number.
macro_rules! words {
    ($($name:ident { $($word:ident $text:literal $number:literal),* })*) => {$(
        #[derive(Clone, Copy, Debug, Deserialize)]
        pub(crate) enum $name {
            $(#[serde(rename = $text)] $word,)*
            /// A number that the maker does not list.
            #[serde(skip_deserializing)]
            Reserved(u8),
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&word(&[$(($number, $text)),*], self.number()))
            }
        }

        impl $name {
            fn of(number: u8) -> Self {
                match number {
                    $($number => Self::$word,)*
                    _ => Self::Reserved(number),
                }
            }

            /// The number; one that the maker does not list cannot be commanded.
            fn number(self) -> u8 {
                match self {
                    $(Self::$word => $number,)*
                    Self::Reserved(number) => number,
                }
            }
        }
    )*};
}

words! {
    Switch { Disable "disable" 0, Enable "enable" 1 }
    Mode { Digital "digital" 1, Counter "counter" 2 }
    Condition { Disable "disable" 0, Below "below" 1, Above "above" 2, Between "between" 3, Outside "outside" 4 }
    Event {
        Outage "water outage timeout alarm" 1, OutageEnd "water outage timeout alarm release" 2,
        Flow "water flow timeout alarm" 3, FlowEnd "water flow timeout alarm release" 4,
        High "gpio high" 5, Low "gpio low" 6
    }
}
