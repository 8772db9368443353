//! Filters of a list: where the window is narrow they are folded, and the number of those in force stands beside their name.

use maud::{Markup, html};

use crate::pages::viewer::Viewer;

/// Returns the fields by which a list is narrowed, of which some are in force. They are the last fields of a form of the class
/// `narrowing`, in whose grid they stand where there is room for them.
pub(in crate::pages) fn filters(viewer: &Viewer, in_force: usize, fields: Markup) -> Markup {
    html! {
        details.folds {
            summary {
                (viewer.say("filters"))
                @if in_force > 0 {
                    " " span.badge { (viewer.say_with("filters-in-force", [("count", in_force.into())])) }
                }
            }
            (fields)
        }
    }
}
