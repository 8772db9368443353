//! The settings of taking frames.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// A frame is answered only after the window: with a longer one network servers would give up.
const COPIES_WINDOW_MS_LIMIT: u64 = 5_000;

/// The settings of taking frames: the section `[frames]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FrameSettings {
    /// Milliseconds that the copies of a frame through other gateways are waited for; 0: not at all.
    #[serde(deserialize_with = "copies_window_ms")]
    pub copies_window_ms: u64,
    /// Whether every network server of the settings speaks for the devices that are registered for none.
    pub shared_devices: bool,
}

impl FrameSettings {
    /// Returns the time that the copies of a frame are waited for.
    #[must_use]
    pub fn copies_window(&self) -> Duration {
        Duration::from_millis(self.copies_window_ms)
    }
}

fn copies_window_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let milliseconds = u64::deserialize(deserializer)?;
    if milliseconds > COPIES_WINDOW_MS_LIMIT {
        return Err(D::Error::custom(format_args!(
            "copies-window-ms is {milliseconds}, and {COPIES_WINDOW_MS_LIMIT} is the limit"
        )));
    }
    Ok(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_not_waited_for_for_ever() {
        let settings = |milliseconds: u64| {
            let text = format!("copies-window-ms = {milliseconds}\nshared-devices = true");
            toml::from_str::<FrameSettings>(&text).map(|settings| settings.copies_window())
        };
        let error = settings(5_001).unwrap_err().to_string();
        assert!(error.contains("copies-window-ms is 5001, and 5000 is the limit"), "{error}");
        assert_eq!(settings(5_000).unwrap(), Duration::from_secs(5));
        assert!(settings(0).unwrap().is_zero());
    }
}
