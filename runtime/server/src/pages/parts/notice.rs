//! Notices: what a person should read before the rest of a page.

use maud::{Markup, html};

/// The tone of a notice or a badge: a colour that a word goes with, since nobody should need colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) enum Tone {
    /// Something is as it should be, or was done.
    Good,
    /// Something is said, without judgement.
    Plain,
    /// Something should be looked at.
    Warning,
    /// Something is wrong and needs a remedy.
    Bad,
}

impl Tone {
    /// Returns the class of the tone.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Plain => "plain",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }

    /// Returns the role by which a reader of screens announces the notice.
    fn role(self) -> &'static str {
        match self {
            Self::Good | Self::Plain => "status",
            Self::Warning | Self::Bad => "alert",
        }
    }
}

/// Returns a notice of a tone.
pub(in crate::pages) fn notice(tone: Tone, content: Markup) -> Markup {
    html! { div class={ "notice " (tone.class()) } role=(tone.role()) { (content) } }
}
