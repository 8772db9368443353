//! The place of an alert.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::json::{optional, text};

/// The device with a way to its page, or the route.
pub(super) fn place(alert: &Json) -> Markup {
    let name = optional(alert, "/name").or(optional(alert, "/point"));
    html! {
        @if let Some(dev_eui) = optional(alert, "/device") {
            a href=(format!("/partner/objects/{dev_eui}")) { (name.unwrap_or(dev_eui)) }
        } @else {
            (text(alert, "/route"))
        }
        @if let Some(address) = optional(alert, "/address") { br; span.small { (address) } }
    }
}
