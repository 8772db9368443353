//! Reads values by their forms.

use champollion_sdk::{Json, Map, hex_capitals, prelude::*, shortest_decimal};

use super::{Addressed, DISABLED, Field, Form, KEY, Number, OFF};
use crate::{
    address::Address,
    fade::FadeDuration,
    holiday::MonthDay,
    profile::{StepTime, words_of},
    zenith::ZenithAngle,
};

/// Reads values one after another.
pub(crate) fn read(
    fields: &[Field],
    payload: &mut Reader<'_>,
) -> Result<Map<String, Json>, Failure> {
    let mut object = Map::new();
    read_into(fields, payload, &mut object)?;
    Ok(object)
}

fn read_into(
    fields: &[Field],
    payload: &mut Reader<'_>,
    object: &mut Map<String, Json>,
) -> Result<(), Failure> {
    // Lengths that were told, of what comes first and of what comes behind it.
    let mut lengths = [None; 2];
    for (name, form) in fields {
        let value = match form {
            Form::Number(number) | Form::Moment(number) => number.read(payload)?,
            Form::Brief(number) => {
                let width = if payload.remaining() == 1 { 1 } else { number.width };
                Number { width, ..*number }.read(payload)?
            }
            Form::Words(words) => {
                let byte = payload.u8()?;
                let word = words.iter().find(|(number, _)| *number == *byte);
                word.ok_or_else(|| unknown(name, byte))?.1.into()
            }
            Form::Flags(flags) | Form::Switches(flags) | Form::Wishes(flags) => {
                let byte = payload.u8()?;
                for (bit, name) in *flags {
                    object.put(name, Json::from(*byte.bit(*bit)));
                }
                continue;
            }
            Form::Set(words) => words_of(*payload.u8()?, words).collect::<Vec<_>>().into(),
            Form::Truth => Json::from(*payload.u8()? != 0),
            Form::Address(Addressed::Any | Addressed::Driver) => {
                String::from(*Address::read(payload)?).into()
            }
            Form::Address(Addressed::Output | Addressed::Dali) => {
                String::from(*Address::read_output(payload)?).into()
            }
            Form::Time => String::from(StepTime::read(payload)?).into(),
            Form::MonthDay => String::from(MonthDay::read(payload)?).into(),
            Form::Zenith => f64::from(ZenithAngle(*payload.i8()?)).into(),
            Form::Fade => FadeDuration::read(payload)?.into(),
            Form::Light => {
                let lux = payload.f32_le()?;
                if !(0.0..f32::INFINITY).contains(&*lux) {
                    return Err(Failure::invalid_value("lux are not below 0").at(lux.span));
                }
                Json::from(shortest_decimal(*lux))
            }
            Form::Fixed(expected) => {
                let byte = payload.u8()?;
                if *byte != *expected {
                    return Err(another(*expected, byte));
                }
                continue;
            }
            Form::Reserved => {
                payload.skip(1)?;
                continue;
            }
            Form::Reversed => {
                let mut bytes: [u8; 4] = *payload.array()?;
                bytes.reverse();
                hex_capitals(&bytes).into()
            }
            Form::Key => {
                payload.skip(KEY)?;
                continue;
            }
            Form::Off if payload.peek() == Some(OFF) => {
                payload.skip(1)?;
                object.put(name, DISABLED.into());
                return Ok(());
            }
            Form::End(word) if payload.is_empty() => {
                object.put(name, (*word).into());
                return Ok(());
            }
            Form::Off | Form::End(_) => continue,
            Form::Length(_) => {
                lengths[0] = Some(usize::from(*payload.u8()?));
                continue;
            }
            Form::Lengths(_) => {
                let byte = payload.u8()?;
                lengths = [0, 4].map(|lowest| Some(usize::from(*byte.bits(lowest, 4))));
                continue;
            }
            Form::Text => {
                let bytes = payload.bytes(lengths[0].unwrap_or_default())?;
                let text = std::str::from_utf8(&bytes);
                text.map_err(|_| Failure::invalid_value("the text is no UTF-8").at(bytes.span))?
                    .into()
            }
            Form::Items(fields, least) => {
                let [length, next] = lengths;
                lengths = [next, None];
                read_items(fields, length, *least, payload)?
            }
            Form::Parts(parts) => {
                let byte = payload.u8()?;
                for (bit, fields) in (0..).zip(*parts) {
                    if *byte.bit(bit) {
                        read_into(fields, payload, object)?;
                    }
                }
                continue;
            }
            Form::Optional(optional) => {
                let mut ahead = payload.clone();
                let length = optional.none.len();
                if ahead.remaining() >= length && *ahead.bytes(length)? == optional.none {
                    *payload = ahead;
                } else {
                    read_into(optional.fields, payload, object)?;
                }
                continue;
            }
            Form::Left(fields) => {
                if !payload.is_empty() {
                    read_into(fields, payload, object)?;
                }
                continue;
            }
            Form::Choice(choices) => {
                let byte = payload.u8()?;
                let choice = choices.iter().find(|(known, ..)| *known == *byte);
                let (_, word, fields) = choice.ok_or_else(|| no_choice(name, byte))?;
                object.put(name, (*word).into());
                read_into(fields, payload, object)?;
                continue;
            }
            Form::Rest(least) => {
                let bytes = payload.bytes(payload.remaining().max(*least))?;
                if bytes.is_empty() {
                    continue;
                }
                hex_capitals(&bytes).into()
            }
            Form::Answer(length) => {
                if payload.is_empty() {
                    continue;
                }
                let length = object.get(length).and_then(Json::as_u64).unwrap_or_default();
                hex_capitals(&payload.bytes(usize::try_from(length).unwrap_or_default())?).into()
            }
        };
        object.put(name, value);
    }
    Ok(())
}

fn read_items(
    fields: &[Field],
    length: Option<usize>,
    least: usize,
    payload: &mut Reader<'_>,
) -> Result<Json, Failure> {
    let mut items: Vec<Json> = Vec::new();
    while items.len() < least || length.map_or(!payload.is_empty(), |length| items.len() < length) {
        let mut item = read(fields, payload)?;
        items.push(match fields {
            [("", _)] => item.remove("").unwrap_or(Json::Null),
            _ => item.into(),
        });
    }
    Ok(Json::Array(items))
}

#[cold]
#[inline(never)]
fn unknown(name: &str, byte: Spanned<u8>) -> Failure {
    Failure::invalid_value(format!("{} is no {name}", *byte)).at(byte.span)
}

#[cold]
#[inline(never)]
fn no_choice(name: &str, byte: Spanned<u8>) -> Failure {
    Failure::unknown_message(format!("{:#04X} is no {name} that is known", *byte)).at(byte.span)
}

#[cold]
#[inline(never)]
fn another(expected: u8, byte: Spanned<u8>) -> Failure {
    let message = format!("{expected:#04X} was expected, not {:#04X}", *byte);
    Failure::unknown_message(message).at(byte.span)
}
