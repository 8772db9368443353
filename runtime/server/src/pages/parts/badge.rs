//! Badges: a word for the state of a thing.

use maud::{Markup, html};

use super::notice::Tone;

/// Returns a badge of a tone.
pub(in crate::pages) fn badge(tone: Tone, text: &str) -> Markup {
    html! { span class={ "badge " (tone.class()) } { (text) } }
}
