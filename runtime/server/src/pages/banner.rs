//! The banner above each page: notices that are in force for the viewer, or begin soon.

use champollion_service::notices::{Notice, NoticeKind, NoticeState};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::{
    parts::notice::{Tone, notice},
    viewer::Viewer,
};
use crate::notices::{PAGE, seen};

/// The time before planned work from which on the banner tells of it.
const BEFORE: SignedDuration = SignedDuration::from_hours(48);

/// Most notices in the banner; the page of the state has all.
const MOST: usize = 3;

/// Returns the banner of a viewer who is signed in; nothing where there is nothing to tell.
pub(super) fn banner(viewer: &Viewer) -> Markup {
    let now = Timestamp::now();
    let notices = told(viewer, now);
    html! {
        @for told in notices.iter().take(MOST) { (one(viewer, told, now)) }
        @if notices.len() > MOST {
            p { a href=(PAGE) { (viewer.say("banner-more")) } }
        }
    }
}

/// The notices to tell a viewer of, incidents first. The page of the state has them anyway.
fn told(viewer: &Viewer, now: Timestamp) -> Vec<Notice> {
    let Some(principal) = viewer.principal().filter(|_| viewer.uri().path() != PAGE) else {
        return Vec::new();
    };
    let service = viewer.service();
    let current = service.notices.current(now, now + BEFORE);
    if current.is_empty() {
        return Vec::new();
    }
    let reach = service.reach_of(principal);
    let mut told: Vec<Notice> = current.iter().filter_map(|notice| seen(notice, &reach)).collect();
    told.sort_by_key(|notice| (notice.kind == NoticeKind::Planned, notice.begin));
    told
}

fn one(viewer: &Viewer, told: &Notice, now: Timestamp) -> Markup {
    let is_in_force = told.state(now) == NoticeState::InForce;
    let tone = if is_in_force { Tone::Warning } else { Tone::Plain };
    let kind = match told.kind {
        NoticeKind::Planned => viewer.say("notice-kind-planned"),
        NoticeKind::Incident => viewer.say("notice-kind-incident"),
    };
    let address = format!("{}#notice-{}", PAGE, told.id);
    notice(
        tone,
        html! {
            p {
                strong { (kind) } " · "
                a href=(address) { (told.title.as_str()) } " · "
                (viewer.moment(told.begin)) " – "
                @match told.end {
                    Some(end) => (viewer.moment(end)),
                    None => (viewer.say("notice-open-end")),
                }
            }
        },
    )
}
