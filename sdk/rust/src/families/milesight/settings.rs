//! Settings: commands that a device takes, and repeats in its next uplink.

use super::{ANSWER, Form, Json, Map, SET};
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
        Self { name, kind, select: None, before: &[], form, after: &[] }
    }

    fn is(&self, kind: u8, next: Option<u8>) -> bool {
        let selected = |select: Select| next.is_some_and(|byte| byte & select.mask == select.value);
        self.kind == kind && self.select.is_none_or(selected)
    }

    fn read(
        &self,
        payload: &mut Reader<'_>,
        values: &mut Map<String, Json>,
    ) -> Result<(), Failure> {
        payload.skip(self.before.len())?;
        self.form.read(self.name, payload, values)?;
        payload.skip(self.after.len())
    }

    /// Takes the value out of `values`, where it is there, and writes it.
    pub(super) fn write_if_given(
        &self,
        values: &mut Map<String, Json>,
        bytes: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        if !values.contains_key(self.name) {
            return Ok(());
        }
        bytes.extend([SET, self.kind]);
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

/// Reads the setting behind its header, or returns that it is none.
pub(super) fn read_answer(
    header: [u8; 2],
    payload: &mut Reader<'_>,
    settings: &[Setting],
    values: &mut Map<String, Json>,
) -> Result<bool, Failure> {
    let [SET | ANSWER, kind] = header else { return Ok(false) };
    let Some(setting) = settings.iter().find(|setting| setting.is(kind, payload.peek())) else {
        return Ok(false);
    };
    setting.read(payload, values)?;
    Ok(true)
}
