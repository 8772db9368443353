//! Names that partners have for points.

use std::{fmt, str::FromStr};

use champollion_frames::DevEui;
use serde::{Deserialize, Serialize};

/// Longest name in characters.
const CHARACTERS: usize = 64;

/// The name of a point within its group: the number of a metering point, of a lamp post.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[^/]+$")]
pub struct PointId(String);

/// A text that names no point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a point is named by 1 to {CHARACTERS} characters on one line, without slashes, and with no blanks around them"
)]
pub struct UnusablePointId;

impl PointId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The point that a device is where it has no other.
    #[must_use]
    pub fn of_device(dev_eui: DevEui) -> Self {
        Self(dev_eui.to_string())
    }
}

impl FromStr for PointId {
    type Err = UnusablePointId;

    fn from_str(text: &str) -> Result<Self, UnusablePointId> {
        let is_bounded = (1..=CHARACTERS).contains(&text.chars().count());
        let is_plain = !text.contains(|character: char| character.is_control() || character == '/');
        if is_bounded && is_plain && text.trim() == text {
            Ok(Self(text.to_owned()))
        } else {
            Err(UnusablePointId)
        }
    }
}

impl TryFrom<String> for PointId {
    type Error = UnusablePointId;

    fn try_from(text: String) -> Result<Self, UnusablePointId> {
        text.parse()
    }
}

impl From<PointId> for String {
    fn from(id: PointId) -> Self {
        id.0
    }
}

impl fmt::Display for PointId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_points_are_those_that_partners_have() {
        let dev_eui: DevEui = "70B3D5499A000001".parse().unwrap();
        assert_eq!(PointId::of_device(dev_eui).as_str(), "70B3D5499A000001");
        for text in ["PDS-7", "Mât 12 bis", "0012.3"] {
            assert_eq!(text.parse::<PointId>().unwrap().as_str(), text);
        }
        let long = "é".repeat(CHARACTERS + 1);
        for text in ["", " a", "a ", "a/b", "a\nb", &long] {
            assert_eq!(text.parse::<PointId>(), Err(UnusablePointId), "{text:?}");
        }
    }
}
