//! Writes values by their forms.

use std::ops::RangeInclusive;

use champollion_sdk::{Json, Map, bytes_of_digits, number_of, prelude::*, quoted};

use super::{Addressed, Choice, DISABLED, Field, Flag, Form, KEY, OFF, Optional};
use crate::{
    address::Address, fade::FadeDuration, holiday::MonthDay, profile::StepTime, zenith::ZenithAngle,
};

/// The bytes of a command, as far as they are written.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) bytes: Vec<u8>,
    /// The moment of the command, in milliseconds since the epoch.
    pub(crate) issued_at: u64,
}

/// Takes values out of `object` and writes them; nothing else may be in it. `path` leads to the object, for people.
pub(crate) fn write(
    fields: &[Field],
    path: &str,
    mut object: Map<String, Json>,
    output: &mut Output,
) -> Result<(), Failure> {
    write_from(fields, path, &mut object, output)?;
    match object.keys().next() {
        Some(unknown) => Err(invalid(path, unknown, "is not known")),
        None => Ok(()),
    }
}

fn write_from(
    fields: &[Field],
    path: &str,
    object: &mut Map<String, Json>,
    output: &mut Output,
) -> Result<(), Failure> {
    for (name, form) in fields {
        let bytes = &mut output.bytes;
        match form {
            Form::Flags(flags) => bytes.push(bits_of(flags, true, path, object)?),
            Form::Switches(flags) => bytes.push(bits_of(flags, false, path, object)?),
            Form::Wishes(flags) => {
                let bits = bits_of(flags, false, path, object)?;
                if bits == 0 {
                    let names: Vec<_> = flags.iter().map(|(_, name)| *name).collect();
                    let wanted = format!("one of {} must be true", names.join(", "));
                    return Err(Failure::invalid_command(wanted));
                }
                bytes.push(bits);
            }
            Form::Fixed(byte) => bytes.push(*byte),
            Form::Reserved => bytes.push(0),
            Form::Off if is_word(object, name, DISABLED) => {
                bytes.push(OFF);
                return Ok(());
            }
            Form::End(word) if is_word(object, name, word) => return Ok(()),
            Form::Off | Form::End(_) | Form::Answer(_) => {}
            Form::Length(most) => bytes.push(length_of(path, name, *most, object)?),
            Form::Lengths([low, high]) => {
                let length = |name| length_of(path, name, 0x0F, object);
                bytes.push(length(low)? | length(high)? << 4);
            }
            Form::Parts(parts) => {
                let there = bytes.len();
                bytes.push(0);
                for (bit, fields) in parts.iter().enumerate() {
                    if begins(fields, object) {
                        output.bytes[there] |= 1 << bit;
                        write_from(fields, path, object, output)?;
                    }
                }
            }
            Form::Left(fields) if begins(fields, object) => {
                write_from(fields, path, object, output)?;
            }
            Form::Left(_) => {}
            Form::Optional(optional) => write_optional(optional, path, object, output)?,
            Form::Choice(choices) => write_choice(choices, path, name, object, output)?,
            Form::Moment(_) if !is_given(object, name) => {
                let seconds = u32::try_from(output.issued_at / 1000).map_err(|_| clock_ends())?;
                bytes.extend(seconds.to_le_bytes());
            }
            Form::Rest(0) if !object.contains_key(name) => {}
            _ => {
                let value = taken(path, name, object)?;
                write_value(form, path, name, value, output)?;
            }
        }
    }
    Ok(())
}

/// Writes a value that is there.
fn write_value(
    form: &Form,
    path: &str,
    name: &str,
    value: Json,
    output: &mut Output,
) -> Result<(), Failure> {
    let bytes = &mut output.bytes;
    let wrong = |what: String| invalid(path, name, &what);
    let text = value.as_str().unwrap_or_default();
    match form {
        Form::Number(number) | Form::Brief(number) | Form::Moment(number) => {
            let number = number.counted_of(&value).map_err(wrong)?.to_le_bytes();
            let width = form.width();
            bytes.extend(number.iter().take(width));
        }
        Form::Words(words) => bytes.push(number_of(words, &value, path, name)?),
        Form::Set(words) => bytes.push(set_of(words, &value).map_err(wrong)?),
        Form::Truth => bytes.push(truth_of(&value, path, name)?.into()),
        Form::Address(which) => bytes.push(which.address(text).map_err(wrong)?.byte()),
        Form::Time => bytes.push(StepTime::try_from(text).map_err(wrong)?.byte()),
        Form::MonthDay => bytes.extend(MonthDay::try_from(text).map_err(wrong)?.bytes()),
        Form::Zenith => {
            let ZenithAngle(steps) = ZenithAngle::try_from(&value).map_err(wrong)?;
            bytes.extend(steps.to_le_bytes());
        }
        Form::Fade => bytes.push(FadeDuration::try_from(&value).map_err(wrong)?.byte()),
        Form::Light => {
            #[expect(clippy::cast_possible_truncation, reason = "a single is what is sent")]
            let lux = value.as_f64().map(|lux| lux as f32);
            let lux = lux.filter(|lux| (0.0..f32::INFINITY).contains(lux));
            let lux = lux.ok_or_else(|| invalid(path, name, "must be lux, from 0 on"))?;
            bytes.extend(lux.to_le_bytes());
        }
        Form::Reversed => bytes.extend(digits(text, 4..=4).map_err(wrong)?.iter().rev()),
        Form::Key => bytes.extend(digits(text, KEY..=KEY).map_err(wrong)?),
        Form::Rest(least) => {
            bytes.extend(digits(text, (*least).max(1)..=LONGEST).map_err(wrong)?);
        }
        Form::Text => match &value {
            Json::String(text) => bytes.extend(text.bytes()),
            _ => return Err(invalid(path, name, "must be a text")),
        },
        Form::Items(fields, least) => {
            let Json::Array(items) = value else {
                return Err(invalid(path, name, "must be a list"));
            };
            if items.len() < *least {
                return Err(invalid(path, name, "must hold one at least"));
            }
            write_items(fields, path, name, items, output)?;
        }
        // They are written by whoever knows the whole object.
        Form::Flags(_)
        | Form::Switches(_)
        | Form::Wishes(_)
        | Form::Fixed(_)
        | Form::Reserved
        | Form::Off
        | Form::End(_)
        | Form::Length(_)
        | Form::Lengths(_)
        | Form::Parts(_)
        | Form::Optional(_)
        | Form::Left(_)
        | Form::Choice(_)
        | Form::Answer(_) => {}
    }
    Ok(())
}

fn write_items(
    fields: &[Field],
    path: &str,
    name: &str,
    items: Vec<Json>,
    output: &mut Output,
) -> Result<(), Failure> {
    for item in items {
        match (fields, item) {
            // The value is the list's own.
            ([("", form)], value) => write_value(form, path, name, value, output)?,
            (_, Json::Object(item)) => write(fields, &format!("{path}{name}[]."), item, output)?,
            _ => return Err(invalid(path, name, "must be a list of objects")),
        }
    }
    Ok(())
}

fn write_optional(
    optional: &Optional,
    path: &str,
    object: &mut Map<String, Json>,
    output: &mut Output,
) -> Result<(), Failure> {
    let Optional { none, fields, means } = optional;
    let given = fields.iter().filter(|(name, _)| is_given(object, name)).count();
    if given == 0 {
        output.bytes.extend(*none);
        return Ok(());
    }
    let names = || fields.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" and ");
    let means_nothing = means.unwrap_or("there are none");
    if given < fields.len() {
        let told = format!("go together; without all of them {means_nothing}");
        return Err(invalid(path, &names(), &told));
    }
    let start = output.bytes.len();
    write_from(fields, path, object, output)?;
    if means.is_some() && output.bytes[start..] == **none {
        let told =
            format!("of these values say that {means_nothing}: take others, or leave them out");
        return Err(invalid(path, &names(), &told));
    }
    Ok(())
}

fn write_choice(
    choices: &[Choice],
    path: &str,
    name: &str,
    object: &mut Map<String, Json>,
    output: &mut Output,
) -> Result<(), Failure> {
    let value = taken(path, name, object)?;
    let choice = choices.iter().find(|(_, word, _)| value.as_str() == Some(word));
    let Some((byte, word, fields)) = choice else {
        let known: Vec<_> = choices.iter().map(|(_, word, _)| quoted(word)).collect();
        return Err(invalid(path, name, &format!("must be {}", known.join(" or "))));
    };
    output.bytes.push(*byte);
    write_from(fields, path, object, output)?;
    // Programs that send all that there is send `null` for what goes with another word.
    choices.iter().for_each(|(_, _, fields)| drop_nulls(fields, object));
    match object.keys().next() {
        Some(unknown) => Err(invalid(path, unknown, &format!("does not go with {word}"))),
        None => Ok(()),
    }
}

impl Form {
    /// Bytes of a number.
    fn width(&self) -> usize {
        match self {
            Self::Number(number) | Self::Brief(number) | Self::Moment(number) => number.width,
            _ => 0,
        }
    }
}

impl Addressed {
    /// The address that a text names; the error says what it must be.
    fn address(self, text: &str) -> Result<Address, String> {
        let address = Address::try_from(text)?;
        let must_be = match (self, address) {
            (Self::Output, Address::AllDevices) => "one output or group",
            (Self::Dali, Address::AllDevices | Address::Analog) => {
                "dali_broadcast, dali_single_0 to dali_single_63 or dali_group_0 to dali_group_15: \
                 DALI drivers alone have a status"
            }
            (Self::Driver, Address::DaliSingle(_)) => return Ok(address),
            (Self::Driver, _) => {
                "dali_single_0 to dali_single_63, or left out for all of them to be found"
            }
            _ => return Ok(address),
        };
        Err(format!("must be {must_be}"))
    }
}

/// Most bytes of a value without a length of its own; the whole downlink has a limit too.
const LONGEST: usize = 240;

/// Whether a value is given; `null` stands for none.
fn is_given(object: &mut Map<String, Json>, name: &str) -> bool {
    if object.get(name).is_some_and(Json::is_null) {
        object.remove(name);
    }
    object.contains_key(name)
}

/// Takes values out that are `null`.
fn drop_nulls(fields: &[Field], object: &mut Map<String, Json>) {
    for (name, form) in fields {
        match form {
            Form::Optional(Optional { fields, .. }) | Form::Left(fields) => {
                drop_nulls(fields, object);
            }
            _ => {
                is_given(object, name);
            }
        }
    }
}

/// Whether the first of the values is given.
fn begins(fields: &[Field], object: &mut Map<String, Json>) -> bool {
    fields.first().is_some_and(|(first, _)| is_given(object, first))
}

/// Takes a value out where it is this word.
fn is_word(object: &mut Map<String, Json>, name: &str, word: &str) -> bool {
    let is_word = object.get(name).and_then(Json::as_str) == Some(word);
    if is_word {
        object.remove(name);
    }
    is_word
}

fn taken(path: &str, name: &str, object: &mut Map<String, Json>) -> Result<Json, Failure> {
    object.remove(name).ok_or_else(|| invalid(path, name, "is missing"))
}

fn truth_of(value: &Json, path: &str, name: &str) -> Result<bool, Failure> {
    value.as_bool().ok_or_else(|| invalid(path, name, "must be true or false"))
}

/// The byte of bits with names; all of them must be there, or those that are not are not so.
fn bits_of(
    flags: &[Flag],
    all: bool,
    path: &str,
    object: &mut Map<String, Json>,
) -> Result<u8, Failure> {
    let mut bits = 0;
    for (bit, name) in flags {
        if all || object.contains_key(name) {
            let truth = taken(path, name, object)?;
            bits |= u8::from(truth_of(&truth, path, name)?) << bit;
        }
    }
    Ok(bits)
}

/// The byte whose bits stand for the words of a list; the error says what they must be.
fn set_of(words: &[&str], value: &Json) -> Result<u8, String> {
    let bits = value.as_array().and_then(|items| {
        items.iter().try_fold(0_u8, |bits, item| {
            let bit = words.iter().position(|word| item.as_str() == Some(word))?;
            Some(bits | 1 << bit)
        })
    });
    bits.ok_or_else(|| format!("must be a list of {}", words.join(", ")))
}

/// The length of a text or a list that stands further behind, as the byte that says it.
fn length_of(
    path: &str,
    name: &str,
    most: usize,
    object: &Map<String, Json>,
) -> Result<u8, Failure> {
    let length = match object.get(name) {
        Some(Json::String(text)) => text.len(),
        Some(Json::Array(items)) => items.len(),
        _ => 0,
    };
    u8::try_from(length)
        .ok()
        .filter(|_| length <= most)
        .ok_or_else(|| invalid(path, name, &format!("holds {length}, and {most} are possible")))
}

/// The bytes that hexadecimal digits stand for.
fn digits(text: &str, length: RangeInclusive<usize>) -> Result<Vec<u8>, String> {
    let bytes = bytes_of_digits(text);
    bytes.filter(|bytes| length.contains(&bytes.len())).ok_or_else(|| {
        let (least, most) = (length.start(), length.end());
        let longest = if least == most { String::new() } else { format!(" to {most}") };
        format!("must be hexadecimal digits of {least}{longest} bytes")
    })
}

#[cold]
#[inline(never)]
fn invalid(path: &str, name: &str, what: &str) -> Failure {
    Failure::invalid_command(format!("{path}{name} {what}"))
}

#[cold]
#[inline(never)]
fn clock_ends() -> Failure {
    Failure::invalid_command(
        "the moment of the command does not fit into the controller's clock, which ends in 2106",
    )
}
