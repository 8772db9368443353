//! Places in a message, as settings name them.

use serde_json::Value as Json;

use super::DescriptionError;
use crate::{Fault, Unreadable, json::Field};

/// A JSON pointer (RFC 6901), and the setting that it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer {
    setting: &'static str,
    text: String,
}

impl Pointer {
    /// The pointer that stands in a setting.
    pub(super) fn new(setting: &'static str, text: String) -> Result<Self, DescriptionError> {
        // Of `~` there is `~0`, which stands for itself, and `~1`, which stands for `/`.
        let mut escapes = text.split('~').skip(1);
        let is_escaped = escapes.all(|rest| rest.starts_with(['0', '1']));
        if text.starts_with('/') && is_escaped {
            Ok(Self { setting, text })
        } else {
            Err(DescriptionError::NoPointer { setting, text })
        }
    }

    /// The pointer as it stands in the settings.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The field that stands there, which may be null.
    pub(super) fn find<'json>(&self, json: &'json Json) -> Option<Field<'json>> {
        Some(Field::at(json.pointer(&self.text)?, &self.text))
    }

    /// The value that stands there read in some way, which must be there.
    pub(super) fn need<'json, T>(
        &self,
        json: &'json Json,
        read: impl FnOnce(&Field<'json>) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        let field = self.find(json).filter(|field| !field.is_null());
        let field = field.ok_or_else(|| self.missing())?;
        self.named(read(&field))
    }

    /// The value that stands there read in some way, where it is there and not null.
    pub(super) fn get<'json, T>(
        &self,
        json: &'json Json,
        read: impl FnOnce(&Field<'json>) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        let field = self.find(json).filter(|field| !field.is_null());
        self.named(field.as_ref().map(read).transpose())
    }

    /// The error that nothing stands there.
    pub(super) fn missing(&self) -> Unreadable {
        Unreadable::new(&self.text, Fault::Missing).pointed_to_by(self.setting)
    }

    /// The same result, whose error names the setting.
    pub(super) fn named<T>(&self, result: Result<T, Unreadable>) -> Result<T, Unreadable> {
        result.map_err(|error| error.pointed_to_by(self.setting))
    }
}
