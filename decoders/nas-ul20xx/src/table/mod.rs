//! Forms of values by which instructions are read and written alike.
//!
//! A type for each of the controller's fifty instructions would bring code of its own; a row of a table brings none.

mod number;
mod read;
mod write;

use champollion_sdk::Words;

pub(crate) use number::Number;
pub(crate) use read::read;
pub(crate) use write::{Output, write};

/// A value of an instruction: its name and its form.
pub(crate) type Field = (&'static str, Form);

/// A bit of a byte, and the name of its truth.
pub(crate) type Flag = (u32, &'static str);

/// A byte, the word that it stands for, and what follows it.
pub(crate) type Choice = (u8, &'static str, &'static [Field]);

/// The form that a value has on the air.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// A number in its unit.
    Number(Number),
    /// A number of which early firmware sends the lowest byte alone.
    Brief(Number),
    /// A number for which the moment of the command stands where it is not given, in seconds since 1970.
    Moment(Number),
    /// A byte that stands for a word.
    Words(Words),
    /// Bits of a byte, lowest first, with the names of their truths.
    Flags(&'static [Flag]),
    /// The same, where what is not given is not so.
    Switches(&'static [Flag]),
    /// The same, one of which at least must be so.
    Wishes(&'static [Flag]),
    /// A list of the words whose bits are set in a byte, lowest first.
    Set(&'static [&'static str]),
    /// A byte that is 0 where it is not so.
    Truth,
    /// The address of an output or of several.
    Address(Addressed),
    /// A time of day in steps of ten minutes.
    Time,
    /// A day of any year.
    MonthDay,
    /// The height of the sun.
    Zenith,
    /// A step of fading.
    Fade,
    /// Lux as a single.
    Light,
    /// A byte that is always the same and says nothing.
    Fixed(u8),
    /// A byte that means nothing and is sent as 0.
    Reserved,
    /// Four bytes as hexadecimal digits, the last byte first.
    Reversed,
    /// A session key, which is written and never told.
    Key,
    /// The byte 0xFF in the place of all that follows, `disabled` in JSON.
    Off,
    /// The end in the place of all that follows, this word in JSON.
    End(&'static str),
    /// The length in a byte of the value of this name, which stands further behind, and the greatest one.
    Length(usize),
    /// The lengths of the lists of these names in the halves of a byte, the low one first.
    Lengths([&'static str; 2]),
    /// As many bytes of text as their length says.
    Text,
    /// As many items as their length says, or all up to the end where none was told, and so many at least. An item is
    /// an object, or a value where it is one without a name.
    Items(&'static [Field], usize),
    /// A byte that says by its bits, lowest first, which of the parts behind it are there. A part is there where its
    /// first value is.
    Parts(&'static [&'static [Field]]),
    /// Values that are all there or not.
    Optional(Optional),
    /// Values that are there where bytes are left.
    Left(&'static [Field]),
    /// A byte that stands for a word and says what follows. It is the last of its object.
    Choice(&'static [Choice]),
    /// All bytes that are left, and so many at least, as hexadecimal digits.
    Rest(usize),
    /// As many bytes as another value says, as hexadecimal digits; of an answer, never of a command.
    Answer(&'static str),
}

/// Values that are all there or not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Optional {
    /// The bytes that stand in their place.
    none: &'static [u8],
    fields: &'static [Field],
    /// The sense of these bytes, where values that are written alike would not mean it.
    means: Option<&'static str>,
}

/// Outputs that an address may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Addressed {
    /// All that there are.
    Any,
    /// One output or a group.
    Output,
    /// One DALI driver or several.
    Dali,
    /// One DALI driver, by its address.
    Driver,
}

impl Form {
    /// Whole units in so many bytes.
    pub(crate) const fn whole(width: usize, lowest: i64, highest: i64) -> Self {
        Self::Number(Number::whole(width, lowest, highest))
    }

    /// The same, counted in so many units.
    pub(crate) const fn steps_of(self, units: i32) -> Self {
        match self {
            Self::Number(number) => Self::Number(Number { step: units, ..number }),
            other => other,
        }
    }

    /// The same, counted in parts of a unit.
    pub(crate) const fn parts_of(self, units: i32) -> Self {
        match self {
            Self::Number(number) => Self::Number(Number { parts: units, ..number }),
            other => other,
        }
    }

    /// The same, where some numbers are words.
    pub(crate) const fn or(self, words: &'static [(i64, &'static str)]) -> Self {
        match self {
            Self::Number(number) => Self::Number(number.or(words)),
            other => other,
        }
    }

    /// A list of objects, as many as their length says or up to the end.
    pub(crate) const fn items(fields: &'static [Field]) -> Self {
        Self::Items(fields, 0)
    }

    /// A value in whose place the byte 0xFF stands where there is none.
    pub(crate) const fn optional(fields: &'static [Field]) -> Self {
        Self::Optional(Optional { none: &[0xFF], fields, means: None })
    }

    /// Values in whose place these bytes stand where there are none, and what that means.
    pub(crate) const fn together(
        fields: &'static [Field],
        none: &'static [u8],
        means: &'static str,
    ) -> Self {
        Self::Optional(Optional { none, fields, means: Some(means) })
    }
}

/// The byte that stands for nothing.
const OFF: u8 = 0xFF;
const DISABLED: &str = "disabled";

/// Bytes of a session key.
const KEY: usize = 16;
