//! The state of a list in which nothing is: what it would hold, and what to do first.

use maud::{Markup, html};

/// Returns the empty state, with a text where the title needs one, and a link to what comes first where there is one:
/// its address and its text.
pub(in crate::pages) fn empty(title: &str, text: &str, first: Option<(&str, &str)>) -> Markup {
    html! {
        div.empty {
            p.title { (title) }
            @if !text.is_empty() { p { (text) } }
            @if let Some((address, text)) = first {
                p { a.button href=(address) { (text) } }
            }
        }
    }
}
