//! Settings: commands that a device takes, and repeats in its next uplink.

use super::{
    ANSWER, EXTENDED, EXTENDED_ANSWER, Form, Json, Map, SET, Words, form::invalid, told::add, word,
};
use crate::{Failure, Reader};

/// A setting of a model.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name, as the maker has it.
    pub name: &'static str,
    /// Its type, the byte behind the channel 0xFF.
    pub kind: u8,
    /// Bits of the byte behind the type by which settings of one type are told apart.
    pub select: Option<Select>,
    /// Bytes between the type and the value, which mean nothing in an answer.
    pub before: &'static [u8],
    /// The form of its value.
    pub form: Form,
    /// Bytes behind the value, which mean nothing in an answer.
    pub after: &'static [u8],
    /// Whether it stands behind the channel of more settings, which newer devices have.
    pub extended: bool,
    /// Whether it may come several times, and its value is a list.
    pub listed: bool,
    /// Whether it is in answers alone, and cannot be set.
    pub answer_only: bool,
}

/// Bits of a byte that must have a value.
#[derive(Clone, Copy, Debug)]
pub struct Select {
    /// The bits that tell.
    pub mask: u8,
    /// The value of these bits.
    pub value: u8,
}

impl Setting {
    /// A setting whose value stands behind its type.
    #[must_use]
    pub const fn new(name: &'static str, kind: u8, form: Form) -> Self {
        let (extended, listed, answer_only) = (false, false, false);
        let (select, before, after): (_, &[u8], &[u8]) = (None, &[], &[]);
        Self { name, kind, select, before, form, after, extended, listed, answer_only }
    }

    /// A setting behind the channel of more settings.
    #[must_use]
    pub const fn extended(name: &'static str, kind: u8, form: Form) -> Self {
        Self { extended: true, ..Self::new(name, kind, form) }
    }

    /// An answer that repeats no setting of its type.
    #[must_use]
    pub const fn answer(name: &'static str, kind: u8, form: Form) -> Self {
        Self { answer_only: true, ..Self::new(name, kind, form) }
    }

    /// The same, where it may come several times.
    #[must_use]
    pub const fn list(self) -> Self {
        Self { listed: true, ..self }
    }

    fn is(&self, extended: bool, kind: u8, next: Option<u8>) -> bool {
        let selected = |select: Select| next.is_some_and(|byte| byte & select.mask == select.value);
        self.extended == extended && self.kind == kind && self.select.is_none_or(selected)
    }

    fn read(
        &self,
        payload: &mut Reader<'_>,
        values: &mut Map<String, Json>,
    ) -> Result<(), Failure> {
        payload.skip(self.before.len())?;
        if self.listed {
            let mut item = Map::new();
            self.form.read(self.name, payload, &mut item)?;
            if let Some(item) = item.remove(self.name) {
                add(self.name, item, values);
            }
        } else {
            self.form.read(self.name, payload, values)?;
        }
        payload.skip(self.after.len())
    }

    /// Takes the value out of `values`, where it is there, and writes it; of a list each item.
    pub(super) fn write_if_given(
        &self,
        values: &mut Map<String, Json>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        if self.answer_only || !values.contains_key(self.name) {
            return Ok(());
        }
        if !self.listed {
            return self.write(values, bytes);
        }
        let Some(Json::Array(items)) = values.remove(self.name) else {
            return Err(invalid("", self.name, "a list"));
        };
        for item in items {
            let mut one = Map::new();
            one.put(self.name, item);
            self.write(&mut one, bytes)?;
        }
        Ok(())
    }

    fn write(&self, values: &mut Map<String, Json>, bytes: &mut Vec<u8>) -> Result<(), Failure> {
        bytes.extend([if self.extended { EXTENDED } else { SET }, self.kind]);
        let first = bytes.len();
        bytes.extend(self.before);
        self.form.write("", self.name, values, bytes)?;
        if let (Some(select), Some(byte)) = (self.select, bytes.get_mut(first)) {
            *byte = (*byte & !select.mask) | select.value;
        }
        bytes.extend(self.after);
        Ok(())
    }
}

/// The fate of a setting that a device tells behind it; it has taken the one with 0.
const RESULTS: Words = &[(0, "success"), (1, "forbidden"), (2, "invalid parameter")];

/// The name of the list of settings that a device has not taken.
const REFUSED: &str = "device_response_result";

/// Reads the setting behind its header, or returns that it is none.
pub(super) fn read_answer(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    settings: &[Setting],
    values: &mut Map<String, Json>,
) -> Result<bool, Failure> {
    let [channel, kind] = header;
    let extended = match channel {
        SET | ANSWER => false,
        EXTENDED | EXTENDED_ANSWER => true,
        _ => return Ok(false),
    };
    let is = |setting: &&Setting| setting.is(extended, kind, payload.peek());
    let Some(setting) = settings.iter().find(is) else { return Ok(false) };
    if channel != EXTENDED_ANSWER {
        setting.read(payload, values)?;
        return Ok(true);
    }
    let (mut ahead, mut request) = (payload.clone(), Map::new());
    setting.read(&mut ahead, &mut request)?;
    let result = *ahead.u8()?;
    if result == 0 {
        setting.read(payload, values)?;
    } else {
        let mut refused = Map::new();
        refused.put("channel_type", Json::from(kind));
        refused.put("result", word(RESULTS, result).into());
        refused.put("request", request.into());
        add(REFUSED, refused.into(), values);
    }
    *payload = ahead;
    Ok(true)
}

/// Reads the setting of a command behind its header, or returns that it is none.
pub(super) fn read_command(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    settings: &[Setting],
    values: &mut Map<String, Json>,
) -> Result<bool, Failure> {
    let [SET | EXTENDED, kind] = header else { return Ok(false) };
    let extended = header[0] == EXTENDED;
    let is =
        |setting: &&Setting| !setting.answer_only && setting.is(extended, kind, payload.peek());
    let Some(setting) = settings.iter().find(is) else { return Ok(false) };
    setting.read(payload, values)?;
    Ok(true)
}
