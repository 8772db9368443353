//! The height of the sun at which a level begins.

use champollion_sdk::decimal;

/// The sun's distance from straight above, in sixths of a degree from the horizon, which is 90.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ZenithAngle(pub(crate) i8);

const HORIZON: f64 = 90.0;
const STEPS_PER_DEGREE: f64 = 6.0;

impl TryFrom<f64> for ZenithAngle {
    type Error = String;

    fn try_from(degrees: f64) -> Result<Self, String> {
        let steps = ((degrees - HORIZON) * STEPS_PER_DEGREE).round();
        if !(f64::from(i8::MIN)..=f64::from(i8::MAX)).contains(&steps) {
            let degrees = decimal(degrees);
            return Err(format!(
                "must be a zenith angle from 68.67 to 111.17 degrees, not {degrees}"
            ));
        }
        #[expect(clippy::cast_possible_truncation, reason = "within an i8, as was just checked")]
        Ok(Self(steps as i8))
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
            assert_eq!(
                ZenithAngle::try_from(f64::from(ZenithAngle(steps))),
                Ok(ZenithAngle(steps))
            );
        }
        assert!(ZenithAngle::try_from(60.0).is_err());
        assert!(ZenithAngle::try_from(f64::NAN).is_err());
    }
}
