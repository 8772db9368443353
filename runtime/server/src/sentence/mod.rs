//! Sentences as values: what an error says, so that pages say it in other languages than English.

mod cells;
pub(crate) mod commands;
mod declarations;
mod findings;
pub(crate) mod frames;
pub(crate) mod handovers;
mod notes;
mod notices;
pub(crate) mod packages;
mod quotas;
pub(crate) mod redecoding;
mod rows;
mod rules;
mod schedules;
pub(crate) mod servers;
mod sheets;
mod wishes;

use serde::Serialize;
use serde_json::{Map, Value as Json};

pub(crate) use notes::of_note;
pub(crate) use rows::RowFault;

/// A sentence as a value: a word for what is said, and the values that stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Sentence {
    /// A word for programs, which does not change between releases.
    #[schema(value_type = String)]
    pub(crate) code: &'static str,
    /// The values of which the sentence tells, by their names.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub(crate) values: Map<String, Json>,
}

impl Sentence {
    /// The sentence of a code, as yet without values.
    pub(crate) fn new(code: &'static str) -> Self {
        Self { code, values: Map::new() }
    }

    /// The same with one more value.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }
}

/// A sentence may stand in another one, as one of its values.
impl From<Sentence> for Json {
    fn from(Sentence { code, values }: Sentence) -> Self {
        let mut members = Map::new();
        members.insert("code".to_owned(), Self::from(code));
        if !values.is_empty() {
            members.insert("values".to_owned(), Self::Object(values));
        }
        Self::Object(members)
    }
}

/// An error that says what it says as a value too.
pub(crate) trait Worded {
    /// Returns the sentence of the error; nothing where its English words alone say it.
    fn sentence(&self) -> Option<Sentence>;
}
