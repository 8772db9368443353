//! The entries of the navigation, each for those who may see its page.

use maud::{Markup, html};

use super::viewer::Viewer;
use crate::auth::Scope;

/// An entry of the navigation.
pub(super) struct Entry {
    /// The path of the page; pages below it belong to the entry.
    pub(super) path: &'static str,
    /// The key of its text.
    pub(super) key: &'static str,
    /// Whether a viewer is shown the entry.
    pub(super) is_for: fn(&Viewer) -> bool,
}

/// The entries for everybody.
const OPEN: &[Entry] = &[
    Entry { path: "/catalogue", key: "nav-catalogue", is_for: |_| true },
    Entry { path: "/workbench", key: "nav-workbench", is_for: |_| true },
    Entry { path: "/reference", key: "nav-reference", is_for: |_| true },
];

/// The entries of partners.
const OF_PARTNERS: &[Entry] = &[
    Entry { path: "/partner", key: "nav-partner", is_for: |viewer| viewer.may(Scope::ReadRecords) },
    Entry {
        path: "/requests",
        key: "nav-requests",
        is_for: |viewer| viewer.may(Scope::ReadDecoderRequests),
    },
    Entry {
        path: "/statements",
        key: "nav-statements",
        is_for: |viewer| viewer.may(Scope::ReadPeople),
    },
    Entry { path: "/status", key: "nav-status", is_for: |viewer| viewer.principal().is_some() },
];

/// The entries of the operator.
const OF_OPERATOR: &[Entry] = &[Entry {
    path: "/operator",
    key: "nav-operator",
    is_for: |viewer| viewer.may(Scope::Metrics),
}];

/// Returns the navigation of a page, with the entry that it belongs to marked.
pub(super) fn navigation(viewer: &Viewer) -> Markup {
    let here = viewer.uri().path();
    let entries = [OPEN, OF_PARTNERS, OF_OPERATOR].into_iter().flatten();
    html! {
        nav.site-nav.strip aria-label=(viewer.say("nav-label")) {
            ul {
                @for entry in entries.filter(|entry| (entry.is_for)(viewer)) {
                    li { a href=(entry.path) aria-current=[current(entry, here)] {
                        (viewer.say(entry.key))
                    } }
                }
            }
        }
    }
}

/// The entry at which the work of a viewer begins; none of those who are not signed in.
pub(super) fn home(viewer: &Viewer) -> Option<&'static Entry> {
    OF_OPERATOR.iter().chain(OF_PARTNERS).find(|entry| (entry.is_for)(viewer))
}

fn current(entry: &Entry, here: &str) -> Option<&'static str> {
    // The first page of all is that of the catalogue.
    let here = if here == "/" { "/catalogue" } else { here };
    let below = here.strip_prefix(entry.path)?;
    match below {
        "" => Some("page"),
        below if below.starts_with('/') => Some("true"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_the_entry_above_it() {
        let entry = &OPEN[0];
        assert_eq!(current(entry, "/"), Some("page"));
        assert_eq!(current(entry, "/catalogue"), Some("page"));
        assert_eq!(current(entry, "/catalogue/acme/meter"), Some("true"));
        assert_eq!(current(entry, "/catalogues"), None);
    }
}
