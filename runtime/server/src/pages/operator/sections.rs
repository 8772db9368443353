//! The sections of the operator's pages, and the frame that each page of them has.

use maud::{Markup, html};

use crate::{
    auth::Scope,
    pages::{layout::Page, viewer::Viewer},
};

/// A section, for those who have a scope.
struct Section {
    path: &'static str,
    key: &'static str,
    scope: Scope,
}

const fn section(path: &'static str, key: &'static str, scope: Scope) -> Section {
    Section { path, key, scope }
}

/// The path of the first section, which all others lie below.
const HOME: &str = "/operator";

/// The sections, by how often they are looked at.
const SECTIONS: [Section; 18] = [
    section(HOME, "operator-nav-home", Scope::Metrics),
    section("/operator/requests", "operator-nav-requests", Scope::ReadPeople),
    section("/operator/partners", "operator-nav-partners", Scope::ReadPeople),
    section("/operator/people", "operator-nav-people", Scope::ReadPeople),
    section("/operator/decoders", "operator-nav-decoders", Scope::Registry),
    section("/operator/quarantine", "operator-nav-quarantine", Scope::Registry),
    section("/operator/keys", "operator-nav-keys", Scope::Registry),
    section("/operator/quality", "quality-title", Scope::ReadRecords),
    section("/operator/gateways", "gateways-title", Scope::Metrics),
    section("/operator/notices", "operator-nav-notices", Scope::Administer),
    section("/operator/network-servers", "operator-nav-network-servers", Scope::Metrics),
    section("/operator/parked", "operator-nav-parked", Scope::Parked),
    section("/operator/storage", "operator-nav-storage", Scope::Storage),
    section("/operator/grants", "operator-nav-grants", Scope::ReadPeople),
    section("/operator/tokens", "operator-nav-tokens", Scope::Tokens),
    section("/operator/quotas", "operator-nav-quotas", Scope::Administer),
    section("/operator/audit", "operator-nav-audit", Scope::Audit),
    section("/operator/vault", "operator-nav-vault", Scope::Administer),
];

/// Returns a page of the operator: its title as a heading, the sections, and the content.
pub(super) fn page(viewer: &Viewer, title: &str, content: Markup) -> Page {
    let here = viewer.uri().path();
    let framed = html! {
        div.columns {
            nav.filters.sections.strip aria-label=(viewer.say("operator-sections")) {
                ul {
                    @for section in SECTIONS.iter().filter(|section| viewer.may(section.scope)) {
                        li { a href=(section.path) aria-current=[current(section, here)] {
                            (viewer.say(section.key))
                        } }
                    }
                }
            }
            div {
                h1 { (title) }
                (content)
            }
        }
    };
    viewer.page(title, framed)
}

/// Whether a section is the one of a page: the first is that of its own path alone.
fn current(section: &Section, here: &str) -> Option<&'static str> {
    match here.strip_prefix(section.path)? {
        "" => Some("page"),
        below if below.starts_with('/') && section.path != HOME => Some("true"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_one_section() {
        let marked = |here: &str| {
            let found = SECTIONS.iter().filter(|section| current(section, here).is_some());
            found.map(|section| section.path).collect::<Vec<_>>()
        };
        assert_eq!(marked("/operator"), ["/operator"]);
        assert_eq!(marked("/operator/decoders/acme/meter"), ["/operator/decoders"]);
        assert_eq!(marked("/operator/people"), ["/operator/people"]);
        assert!(marked("/catalogue").is_empty());
    }
}
