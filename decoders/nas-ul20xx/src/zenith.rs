//! The height of the sun at which a level begins.

use champollion_sdk::Json;

/// The sun's distance from straight above, in sixths of a degree from the horizon, which is 90.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ZenithAngle(pub(crate) i8);

const HORIZON: f64 = 90.0;
const STEPS_PER_DEGREE: f64 = 6.0;

/// Degrees of a command; the error says what they must be.
impl TryFrom<&Json> for ZenithAngle {
    type Error = String;

    fn try_from(given: &Json) -> Result<Self, String> {
        let steps = given.as_f64().map(|degrees| ((degrees - HORIZON) * STEPS_PER_DEGREE).round());
        let range = f64::from(i8::MIN)..=f64::from(i8::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "within an i8, as is just checked")]
        let steps = steps.filter(|steps| range.contains(steps)).map(|steps| Self(steps as i8));
        steps.ok_or_else(|| "must be a zenith angle from 68.67 to 111.17 degrees".to_owned())
    }
}

impl From<ZenithAngle> for f64 {
    fn from(ZenithAngle(steps): ZenithAngle) -> Self {
        // Two decimals, as NAS's codec shows: more than the steps have.
        let degrees = HORIZON + Self::from(steps) / STEPS_PER_DEGREE;
        (degrees * 100.0).round() / 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_zenith_angles_come_back() {
        for steps in i8::MIN..=i8::MAX {
            let degrees = Json::from(f64::from(ZenithAngle(steps)));
            assert_eq!(ZenithAngle::try_from(&degrees), Ok(ZenithAngle(steps)));
        }
        assert!(ZenithAngle::try_from(&Json::from(60.0)).is_err());
        assert!(ZenithAngle::try_from(&Json::from("90")).is_err());
    }
}
