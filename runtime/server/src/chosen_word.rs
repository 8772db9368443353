//! Settings that are one of a few words.

use serde::{Deserialize, Deserializer, de::IntoDeserializer};

/// Reads a setting that is one of a few words. Another word is refused with the list of them, which the reader
/// of the settings alone would not name.
pub(crate) fn chosen_word<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let word = String::deserialize(deserializer)?;
    T::deserialize(IntoDeserializer::<D::Error>::into_deserializer(word))
}

/// The same of a setting that may be left out.
pub(crate) fn chosen_word_if_any<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    chosen_word(deserializer).map(Some)
}
