//! Cells that tables of the catalogue share.

use champollion_sandbox::vocabulary;
use maud::{Markup, html};

use crate::pages::{json::address, viewer::Viewer, written};

/// A text of a manifest. Manifests are in English, which those who are read to in another language should hear so.
pub(super) fn english(text: &str) -> Markup {
    html! { span lang="en" { (text) } }
}

/// The sign of what a decoder does not say.
pub(super) fn none() -> Markup {
    html! { span.none { "–" } }
}

/// A term of the vocabulary with its unit, which leads to the decoders that measure it.
pub(super) fn quantity_of(viewer: &Viewer, name: &str, channel: Option<u16>) -> Markup {
    let known = vocabulary::quantity(name);
    let unit = known.map(|quantity| quantity.unit).filter(|unit| !written::unit(unit).is_empty());
    html! {
        a href=(address("/catalogue", &[("quantity", name)])) { (viewer.quantity(name)) }
        @if let Some(unit) = unit { span.soft { " " (viewer.say("field-in")) " " (written::unit(unit)) } }
        @if let Some(channel) = channel {
            span.soft { ", " (viewer.say_with("field-channel", [("channel", channel.into())])) }
        }
        div.small { code { (name) } }
    }
}
