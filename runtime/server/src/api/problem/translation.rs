//! Details of problems in the language of a page.

/// A detail in the language of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Translation {
    /// The text in the language.
    pub(crate) text: String,
    /// Whether it says all that the English detail says.
    pub(crate) is_whole: bool,
}
