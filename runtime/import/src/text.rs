//! Reads YAML, JSON and TOML as catalogues write them.

use serde::de::DeserializeOwned;

use super::{Problem, source_text::lines};

/// Reads YAML 1.2: `0x1f` is 31 and `00012074` is 12074.
pub(super) fn yaml<T: DeserializeOwned>(text: &str, place: &str) -> Result<T, Problem> {
    let options = serde_saphyr::options! {
        // `yes` and `on` are texts, as in the tools of the catalogues.
        strict_booleans: true,
        // One line that says where, not a picture of the file.
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| Problem::new(place, one_line(&error.to_string())))
}

/// Reads JSON, and what else JavaScript takes for it: `0x1f`, comments, commas at the end. The tools
/// of ChirpStack's profiles evaluate their tests, so these are written that way.
pub(super) fn json<T: DeserializeOwned>(text: &str, place: &str) -> Result<T, Problem> {
    serde_json::from_str(text)
        .or_else(|_| json5::from_str(text))
        .map_err(|error| Problem::new(place, one_line(&error.to_string())))
}

/// Reads a text as TOML.
pub(super) fn toml<T: DeserializeOwned>(text: &str, place: &str) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, lines);
        Problem::new(place, format!("line {line}: {}", one_line(error.message())))
    })
}

/// A problem stands on one line of the report.
fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
