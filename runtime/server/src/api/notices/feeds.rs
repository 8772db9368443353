//! Notices as a feed (Atom, RFC 4287) and as a calendar (RFC 5545), for programs that subscribe with a token.

use std::sync::Arc;

use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse};
use champollion_service::notices::{self, Notice};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    api::authorized::{Authorized, Inspect},
    atom::{self, link, without_controls},
    auth::Reach,
    notices::{PAGE, seen},
    service::Service,
};

/// Notices in a feed and in a calendar, the latest.
const NOTICES: usize = 200;

/// Readers of feeds send the token as the password of `Basic`.
#[utoipa::path(
    get,
    path = "/v1/notices/feed",
    operation_id = "feedOfNotices",
    tag = "operation",
    summary = "Get the notices that concern the sender as a feed",
    responses((
        status = 200,
        description = "The feed, the latest notices first.",
        body = String,
        content_type = "application/atom+xml",
    )),
)]
pub(in crate::api) async fn feed(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
) -> impl IntoResponse {
    let notices = latest(&service, &authorized.reach);
    ([(CONTENT_TYPE, atom::CONTENT_TYPE)], written(&notices).into_string())
}

/// Calendars send the token as the password of `Basic`.
#[utoipa::path(
    get,
    path = "/v1/notices/calendar",
    operation_id = "calendarOfNotices",
    tag = "operation",
    summary = "Get the notices that concern the sender as a calendar",
    responses((
        status = 200,
        description = "The calendar, an event for each notice.",
        body = String,
        content_type = "text/calendar",
    )),
)]
pub(in crate::api) async fn calendar(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
) -> impl IntoResponse {
    let notices = latest(&service, &authorized.reach);
    let calendar = notices::calendar("Champollion", &notices);
    ([(CONTENT_TYPE, "text/calendar; charset=utf-8")], calendar)
}

fn latest(service: &Service, reach: &Reach) -> Vec<Notice> {
    let all = service.notices.latest(None).into_iter();
    all.filter_map(|notice| seen(&notice, reach)).take(NOTICES).collect()
}

fn written(notices: &[Notice]) -> Markup {
    let updated = notices.iter().map(|notice| notice.changed_at).max();
    html! {
        (atom::declaration())
        feed xmlns="http://www.w3.org/2005/Atom" {
            title { "Champollion: notices" }
            id { "urn:champollion:notices" }
            updated { (updated.unwrap_or(Timestamp::UNIX_EPOCH)) }
            author { name { "Champollion" } }
            (link("alternate", PAGE))
            @for notice in notices { (one(notice)) }
        }
    }
}

fn one(notice: &Notice) -> Markup {
    html! {
        entry {
            title { (without_controls(notice.title.as_str())) }
            id { "urn:uuid:" (notice.id) }
            published { (notice.created_at) }
            updated { (notice.changed_at) }
            (link("alternate", &format!("{PAGE}#notice-{}", notice.id)))
            summary { (span(notice)) }
            content type="text" {
                (without_controls(notice.text.as_str()))
                @for word in &notice.follow_ups {
                    "\n\n" (word.at) ": " (without_controls(word.text.as_str()))
                }
            }
        }
    }
}

/// The time of a notice in words.
fn span(notice: &Notice) -> String {
    let taken_back = if notice.cancelled_at.is_some() { " (cancelled)" } else { "" };
    match notice.end {
        Some(end) => format!("{} to {end}{taken_back}", notice.begin),
        None => format!("since {}{taken_back}", notice.begin),
    }
}

#[cfg(test)]
mod tests {
    use champollion_service::notices::{NoticeKind, NoticeScope};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_feed_says_what_is_the_matter_and_holds_no_foreign_markup() {
        let notice = Notice {
            id: Uuid::nil(),
            kind: NoticeKind::Incident,
            title: "Gateway <3> & mast".parse().unwrap(),
            text: "Dark.".parse().unwrap(),
            begin: Timestamp::UNIX_EPOCH,
            end: None,
            scope: NoticeScope::default(),
            leaves_out: false,
            created_at: Timestamp::UNIX_EPOCH,
            changed_at: Timestamp::UNIX_EPOCH,
            revision: 0,
            cancelled_at: None,
            follow_ups: Vec::new(),
        };
        let feed = written(&[notice]).into_string();
        assert!(feed.starts_with("<?xml version=\"1.0\""), "{feed}");
        assert!(feed.contains("<title>Gateway &lt;3&gt; &amp; mast</title>"), "{feed}");
        assert!(feed.contains("<id>urn:uuid:00000000-0000-0000-0000-000000000000</id>"), "{feed}");
        assert!(feed.contains("<summary>since 1970-01-01T00:00:00Z</summary>"), "{feed}");
    }
}
