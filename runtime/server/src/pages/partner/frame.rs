//! The frame of a partner's pages: the way from one subject to the next, and parts that several subjects have.

use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::moment,
        layout::{Page, token_field},
        parts::notice::{Tone, notice},
        viewer::Viewer,
    },
};

/// The subjects of a partner, each with the scope that its page needs.
const SUBJECTS: [(&str, &str, Scope); 10] = [
    ("/partner", "partner-overview", Scope::Inspect),
    ("/partner/objects", "partner-objects", Scope::Inspect),
    ("/partner/quality", "quality-title", Scope::ReadRecords),
    ("/partner/routes", "partner-routes", Scope::ReadRoutes),
    ("/partner/alerts", "partner-alerts", Scope::ReadRoutes),
    ("/partner/commands", "partner-commands", Scope::ReadCommands),
    ("/partner/schedules", "partner-schedules", Scope::ReadCommands),
    ("/partner/people", "partner-people", Scope::ReadPeople),
    ("/partner/tokens", "partner-tokens", Scope::Tokens),
    ("/partner/approval", "partner-approval", Scope::ReadPeople),
];

/// Returns a page of a partner, which begins with the subjects that the viewer may see.
pub(super) fn partner_page(viewer: &Viewer, title: &str, content: Markup) -> Page {
    let whole = html! {
        (subjects(viewer))
        h1 { (title) }
        (content)
    };
    viewer.page(title, whole)
}

fn subjects(viewer: &Viewer) -> Markup {
    let here = viewer.uri().path();
    html! {
        nav.sections.strip aria-label=(viewer.say("partner-nav")) {
            ul.tabs {
                @for (path, key, scope) in SUBJECTS {
                    @if viewer.may(scope) {
                        li { a href=(path) aria-current=[current(path, here)] { (viewer.say(key)) } }
                    }
                }
            }
        }
    }
}

/// Whether a page belongs to a subject; the overview has no page below it.
fn current(path: &str, here: &str) -> Option<&'static str> {
    let below = here.strip_prefix(path)?;
    match below {
        "" => Some("page"),
        below if below.starts_with('/') && path != "/partner" => Some("true"),
        _ => None,
    }
}

/// The answer of the interface at a path, or nothing where the viewer may not see it or it is not there.
pub(in crate::pages) async fn get_if_any(
    viewer: &Viewer,
    path: &str,
) -> Result<Option<Json>, Problem> {
    match viewer.get(path).await {
        Ok(found) => Ok(Some(found)),
        Err(problem) if is_absence(&problem) => Ok(None),
        Err(problem) => Err(problem),
    }
}

fn is_absence(problem: &Problem) -> bool {
    [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&problem.status())
        || problem.code() == "group-missing"
}

/// A moment of an answer for people, or a dash.
pub(in crate::pages) fn moment_or_dash(viewer: &Viewer, json: &Json, pointer: &str) -> Markup {
    match moment(json, pointer) {
        Some(at) => viewer.moment(at),
        None => dash(),
    }
}

/// The sign of what is not known.
pub(in crate::pages) fn dash() -> Markup {
    html! { span.none { "–" } }
}

/// A secret that is shown once.
pub(in crate::pages) fn shown_once(viewer: &Viewer, label: &str, secret: &str) -> Markup {
    notice(
        Tone::Warning,
        html! {
            p.title { (viewer.say("shown-once")) }
            p { (label) }
            p { code.secret { (secret) } }
        },
    )
}

/// A form of one button that must be meant: the box beside it is to be ticked.
pub(super) fn confirmed_form(viewer: &Viewer, action: &str, text: &str, question: &str) -> Markup {
    html! {
        form.confirmed method="post" action=(action) {
            (token_field(viewer))
            label { input type="checkbox" name="sure" value="yes" required; " " (question) }
            " " button.danger type="submit" { (text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_the_subject_above_it() {
        assert_eq!(current("/partner", "/partner"), Some("page"));
        assert_eq!(current("/partner", "/partner/objects"), None);
        assert_eq!(current("/partner/objects", "/partner/objects/new"), Some("true"));
        assert_eq!(current("/partner/routes", "/partner/objects"), None);
    }

    #[test]
    fn what_may_not_be_seen_is_absent_and_a_full_server_is_not() {
        assert!(is_absence(&Problem::forbidden("no")));
        assert!(is_absence(&Problem::not_found("unknown-device", "no")));
        assert!(!is_absence(&Problem::unavailable("too-busy", "later")));
    }
}
