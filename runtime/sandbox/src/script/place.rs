//! Places of values in what a codec says, with what is known there.

use jiff::Timestamp;

/// The place of a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place<'a> {
    pub(crate) root: &'a str,
    steps: String,
    /// The index in the innermost list, counted from 1.
    item: Option<usize>,
    pub(crate) measured_at: Option<Timestamp>,
}

impl<'a> Place<'a> {
    pub(crate) fn root(root: &'a str) -> Self {
        Self { root, ..Self::default() }
    }

    pub(crate) fn member(&self, key: &str) -> Self {
        Self { steps: format!("{}.{key}", self.steps), ..self.clone() }
    }

    pub(crate) fn item(&self, index: usize) -> Self {
        Self { steps: format!("{}[{index}]", self.steps), item: Some(index + 1), ..self.clone() }
    }

    /// Items of a list are told apart by their moments where they have any, and by their places in
    /// the list otherwise, from 1.
    pub(crate) fn channel(&self) -> u16 {
        match (self.item, self.measured_at) {
            (Some(item), None) => u16::try_from(item).unwrap_or(u16::MAX),
            _ => 0,
        }
    }

    pub(crate) fn path(&self) -> String {
        format!("{}{}", self.root, self.steps)
    }
}
