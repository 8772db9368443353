//! Texts for programs: JSON and lines to paste.

use maud::{Markup, html};
use serde_json::Value as Json;

/// Returns JSON over several lines.
pub(in crate::pages) fn pretty(json: &Json) -> Markup {
    lines(&format!("{json:#}"))
}

/// Returns a text with its lines as they are. It takes the focus, since it may be wider than the page.
pub(in crate::pages) fn lines(text: &str) -> Markup {
    html! { pre tabindex="0" { code { (text) } } }
}
