//! Values of commands that are not any number: their limits are checked where they are parsed, and
//! the maker's sentinels are words from there on.

use std::{fmt::Debug, marker::PhantomData};

use champollion_sdk::{decimal, prelude::*, quoted};
use serde::{Deserialize, Serialize};

use crate::given::Given;

/// A whole number between two limits, which belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub(crate) struct Bounded<const LOWEST: i64, const HIGHEST: i64>(i64);

impl<const LOWEST: i64, const HIGHEST: i64> Bounded<LOWEST, HIGHEST> {
    /// A number that a device sent.
    pub(crate) fn from_device<T: Into<i64> + Copy>(read: Spanned<T>) -> Result<Self, Failure> {
        let number = read.value.into();
        Self::of(number)
            .ok_or_else(|| Failure::invalid_value(beyond(number, LOWEST, HIGHEST)).at(read.span))
    }

    fn of(number: i64) -> Option<Self> {
        (LOWEST..=HIGHEST).contains(&number).then_some(Self(number))
    }

    /// The number as its `length` least significant bytes.
    pub(crate) fn bytes(self, length: usize) -> impl Iterator<Item = u8> {
        self.0.to_le_bytes().into_iter().take(length)
    }
}

impl<const LOWEST: i64, const HIGHEST: i64> TryFrom<i64> for Bounded<LOWEST, HIGHEST> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        Self::of(number).ok_or_else(|| beyond(number, LOWEST, HIGHEST))
    }
}

/// The error of a number that is not within its limits: in one place for all limits.
#[cold]
#[inline(never)]
fn beyond(number: i64, lowest: i64, highest: i64) -> String {
    format!("{number} is not a whole number from {lowest} to {highest}")
}

impl<const LOWEST: i64, const HIGHEST: i64> From<Bounded<LOWEST, HIGHEST>> for i64 {
    fn from(bounded: Bounded<LOWEST, HIGHEST>) -> Self {
        bounded.0
    }
}

/// A sentinel: a word that stands in the place of a number.
pub(crate) trait Word: Clone + Copy + Debug + PartialEq {
    /// The maker's word for it.
    const WORD: &'static str;
    /// The number that stands for it in payloads.
    const SENTINEL: i64;
}

/// A bounded number, or the one word that may stand in its place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub(crate) enum OrWord<W: Word, const LOWEST: i64, const HIGHEST: i64> {
    /// A number within its bounds.
    Number(Bounded<LOWEST, HIGHEST>),
    /// A word in the place of a number.
    Word(PhantomData<W>),
}

impl<W: Word, const LOWEST: i64, const HIGHEST: i64> OrWord<W, LOWEST, HIGHEST> {
    /// The word in the place of a number.
    pub(crate) const WORD: Self = Self::Word(PhantomData);

    /// A number or sentinel that a device sent.
    pub(crate) fn from_device<T: Into<i64> + Copy>(read: Spanned<T>) -> Result<Self, Failure> {
        if read.value.into() == W::SENTINEL {
            return Ok(Self::Word(PhantomData));
        }
        Bounded::from_device(read).map(Self::Number)
    }

    /// The number or sentinel as its `length` least significant bytes.
    pub(crate) fn bytes(self, length: usize) -> impl Iterator<Item = u8> {
        let number = match self {
            Self::Number(number) => number.0,
            Self::Word(_) => W::SENTINEL,
        };
        number.to_le_bytes().into_iter().take(length)
    }
}

impl<W: Word, const LOWEST: i64, const HIGHEST: i64> TryFrom<Given> for OrWord<W, LOWEST, HIGHEST> {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        match given {
            Given::Whole(number) => Bounded::of(number)
                .map(Self::Number)
                .ok_or_else(|| beyond_and_no_word(number, W::WORD, LOWEST, HIGHEST)),
            Given::Text(text) if text == W::WORD => Ok(Self::Word(PhantomData)),
            Given::Text(text) => Err(another_word(&text, W::WORD, LOWEST, HIGHEST)),
            Given::Number(_) | Given::Other => {
                Err("a whole number or a word was expected".to_owned())
            }
        }
    }
}

#[cold]
#[inline(never)]
fn beyond_and_no_word(number: i64, word: &str, lowest: i64, highest: i64) -> String {
    format!("{}, nor \"{word}\"", beyond(number, lowest, highest))
}

#[cold]
#[inline(never)]
fn another_word(text: &str, word: &str, lowest: i64, highest: i64) -> String {
    let text = quoted(text);
    format!("{text} is neither \"{word}\" nor a whole number from {lowest} to {highest}")
}

impl<W: Word, const LOWEST: i64, const HIGHEST: i64> From<OrWord<W, LOWEST, HIGHEST>> for Given {
    fn from(value: OrWord<W, LOWEST, HIGHEST>) -> Self {
        match value {
            OrWord::Number(number) => Self::Whole(number.0),
            OrWord::Word(_) => Self::Text(W::WORD.to_owned()),
        }
    }
}

macro_rules! words {
    ($($(#[$documentation:meta])* $name:ident = $word:literal, $sentinel:literal;)*) => {$(
        $(#[$documentation])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub(crate) struct $name;

        impl Word for $name {
            const WORD: &'static str = $word;
            const SENTINEL: i64 = $sentinel;
        }
    )*};
}

words! {
    /// Back to what schedules and inputs say.
    Resume = "resume", 0xFF;
    /// From here on this profile says nothing.
    Inactive = "inactive", 0xFF;
    /// From here on the calendar says nothing.
    Disabled = "disabled", 0xFF;
    /// The packet is never sent.
    NeverSent = "disabled", 0;
    /// Alert without a threshold.
    AlertOff = "alert_off", 0xFFFF;
    /// The device has no profile.
    NoProfile = "no_profile", 0xFF;
    /// No fading: what the driver has set counts.
    Ignore = "ignore", 0xFF;
    /// The request of a profile that names none.
    NoProfiles = "no_profiles", -1;
    /// Ask the network for the time instead of being told it.
    ForceDeviceTimeReq = "force_lorawan_devicetimereq", 0;
}

/// Dimming as a share of full output, or a word.
pub(crate) type Percent<W> = OrWord<W, 0, 100>;

/// An angle in hundredths of a degree, at most `LIMIT` degrees north or south, east or west.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub(crate) struct Degrees<const LIMIT: i16>(i16);

impl<const LIMIT: i16> Degrees<LIMIT> {
    /// Hundredths of a degree that a device sent.
    pub(crate) fn from_device(read: Spanned<i16>) -> Result<Self, Failure> {
        Self::try_from(f64::from(read.value) / 100.0)
            .map_err(|message| Failure::invalid_value(message).at(read.span))
    }

    /// As it stands in payloads.
    pub(crate) fn bytes(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }
}

impl<const LIMIT: i16> TryFrom<f64> for Degrees<LIMIT> {
    type Error = String;

    fn try_from(degrees: f64) -> Result<Self, String> {
        let limit = f64::from(LIMIT);
        if !(-limit..=limit).contains(&degrees) {
            let degrees = decimal(degrees);
            return Err(format!("{degrees} is not an angle from -{LIMIT} to {LIMIT} degrees"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "180 degrees fit into an i16")]
        Ok(Self((degrees * 100.0).round() as i16))
    }
}

impl<const LIMIT: i16> From<Degrees<LIMIT>> for f64 {
    fn from(degrees: Degrees<LIMIT>) -> Self {
        Self::from(degrees.0) / 100.0
    }
}

/// A power factor below which an alert is sent, in hundredths; `alert_off` for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Given", into = "Given")]
pub(crate) struct PowerFactorLimit(Option<u8>);

impl PowerFactorLimit {
    const OFF: u8 = 0xFF;

    /// Hundredths or a sentinel that a device sent.
    pub(crate) fn from_device(read: Spanned<u8>) -> Result<Self, Failure> {
        match read.value {
            Self::OFF => Ok(Self(None)),
            hundredths @ 0..=100 => Ok(Self(Some(hundredths))),
            other => {
                let message = format!("{other} hundredths are no power factor from 0 to 1");
                Err(Failure::invalid_value(message).at(read.span))
            }
        }
    }

    /// As it stands in payloads.
    pub(crate) fn byte(self) -> u8 {
        self.0.unwrap_or(Self::OFF)
    }
}

impl TryFrom<Given> for PowerFactorLimit {
    type Error = String;

    fn try_from(given: Given) -> Result<Self, String> {
        let shown = match &given {
            Given::Text(text) if text == AlertOff::WORD => return Ok(Self(None)),
            Given::Text(text) => quoted(text),
            _ => match given.number() {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "100 and below, and not negative"
                )]
                Some(factor) if (0.0..=1.0).contains(&factor) => {
                    return Ok(Self(Some((factor * 100.0).round() as u8)));
                }
                Some(factor) => decimal(factor),
                None => {
                    return Err(
                        "a power factor from 0 to 1 or \"alert_off\" was expected".to_owned()
                    );
                }
            },
        };
        Err(format!("{shown} is neither a power factor from 0 to 1 nor \"alert_off\""))
    }
}

impl From<PowerFactorLimit> for Given {
    fn from(limit: PowerFactorLimit) -> Self {
        limit.0.map_or_else(
            || Self::Text(AlertOff::WORD.to_owned()),
            |hundredths| Self::Number(f64::from(hundredths) / 100.0),
        )
    }
}

/// Returns the number of items of a list in a command, as the byte that says it.
pub(crate) fn count(key: &str, length: usize, most: usize) -> Result<u8, Failure> {
    u8::try_from(length).ok().filter(|_| length <= most).ok_or_else(|| {
        Failure::invalid_command(format!("{key} holds {length}, and {most} are possible"))
    })
}

/// Most steps of a profile and most holidays that NAS's encoder writes for firmware 1.1.x.
pub(crate) const MOST_ITEMS: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentinel_is_a_word_and_back() {
        let read = Percent::<Resume>::from_device(Spanned::from(0xFF_u8)).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"resume\"");
        assert_eq!(read.bytes(1).collect::<Vec<_>>(), [0xFF]);
        assert!(Percent::<Resume>::from_device(Spanned::from(101_u8)).is_err());
    }

    #[test]
    fn what_is_allowed_is_said() {
        let message =
            |json: &str| serde_json::from_str::<Percent<Resume>>(json).unwrap_err().to_string();
        assert!(message("101").contains("from 0 to 100"), "{}", message("101"));
        assert!(message("\"off\"").contains("\"resume\""), "{}", message("\"off\""));
        assert!(message("1.5").contains("a whole number or a word"), "{}", message("1.5"));
    }

    #[test]
    fn a_value_of_another_type_is_told_what_was_expected() {
        for json in
            ["1.5", "true", "null", "[1, [2]]", "{\"a\": {\"b\": 1}}", "18446744073709551615"]
        {
            let percent = serde_json::from_str::<Percent<Resume>>(json).unwrap_err().to_string();
            assert_eq!(percent, "a whole number or a word was expected", "{json}");
        }
        for json in ["false", "null", "[0.5]", "{}"] {
            let factor = serde_json::from_str::<PowerFactorLimit>(json).unwrap_err().to_string();
            assert!(factor.ends_with("\"alert_off\" was expected"), "{json}: {factor}");
        }
        assert_eq!(serde_json::from_str::<PowerFactorLimit>("1").unwrap().byte(), 100);
        assert_eq!(serde_json::from_str::<PowerFactorLimit>("0.35").unwrap().byte(), 35);
    }
}
