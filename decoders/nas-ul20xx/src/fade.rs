//! The time in which a lamp comes to another level, as DALI has it.

use champollion_sdk::{Json, decimal, prelude::*};

/// Seconds, one of sixteen steps that DALI has; `None` where the driver's own setting counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FadeDuration(Option<u8>);

/// IEC 62386-102, fade time, from half a second up.
const FADE_STEPS: [f64; 16] =
    [0.5, 0.71, 1.0, 1.41, 2.0, 2.83, 4.0, 5.66, 8.0, 11.31, 16.0, 22.63, 32.0, 45.25, 64.0, 90.51];

/// The word where the driver's own setting counts, and its byte.
const IGNORE: &str = "ignore";
const NONE: u8 = 0xFF;

impl FadeDuration {
    /// Reads the byte of a step.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let step = payload.u8()?;
        match step.value {
            NONE => Ok(Self(None)),
            known @ 0..16 => Ok(Self(Some(known))),
            other => {
                let message = format!("{other} is no step of fading from 0 to 15");
                Err(Failure::invalid_value(message).at(step.span))
            }
        }
    }

    /// As it stands in payloads.
    pub(crate) fn byte(self) -> u8 {
        self.0.unwrap_or(NONE)
    }
}

/// Seconds or the word of a command; the error says what they must be.
impl TryFrom<&Json> for FadeDuration {
    type Error = String;

    fn try_from(given: &Json) -> Result<Self, String> {
        if given.as_str() == Some(IGNORE) {
            return Ok(Self(None));
        }
        let step = given.as_f64().and_then(|given| {
            let step = FADE_STEPS.iter().position(|step| *step == given)?;
            u8::try_from(step).ok()
        });
        step.map(|step| Self(Some(step))).ok_or_else(|| {
            let steps: Vec<_> = FADE_STEPS.iter().map(|step| decimal(*step)).collect();
            format!("must be \"{IGNORE}\" or one of {} seconds", steps.join(", "))
        })
    }
}

impl From<FadeDuration> for Json {
    fn from(duration: FadeDuration) -> Self {
        let step = duration.0.and_then(|step| FADE_STEPS.get(usize::from(step)).copied());
        step.map_or_else(|| Self::from(IGNORE), Self::from)
    }
}
