//! The way from one part of a long list to the next.

use maud::{Markup, html};

use crate::pages::viewer::Viewer;

/// Returns the links of a list: to its first part where this is a later one, and to the next. The parameter `after`
/// says where the part before ended.
pub(in crate::pages) fn pager(viewer: &Viewer, next: Option<&str>) -> Markup {
    pager_of(viewer, ("after", &viewer.say("pager-label")), next)
}

/// The same of one of several lists on a page, by a parameter of its own, with the words for it.
pub(in crate::pages) fn pager_of(
    viewer: &Viewer,
    (parameter, label): (&str, &str),
    next: Option<&str>,
) -> Markup {
    let is_later = viewer.parameter(parameter).is_some();
    if next.is_none() && !is_later {
        return html! {};
    }
    html! {
        nav.pager aria-label=(label) {
            @if is_later {
                a.button.quiet href=(viewer.address_with(&[(parameter, "")])) rel="first" {
                    (viewer.say("pager-first"))
                }
            }
            @if let Some(next) = next {
                a.button.quiet href=(viewer.address_with(&[(parameter, next)])) rel="next" {
                    (viewer.say("pager-next"))
                }
            }
        }
    }
}
