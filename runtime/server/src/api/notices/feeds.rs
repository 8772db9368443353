//! Notices as a feed (Atom, RFC 4287) and as a calendar (RFC 5545), for programs that subscribe with a token.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{
        HeaderMap, Uri,
        header::{ACCEPT_LANGUAGE, CONTENT_TYPE, VARY},
    },
    response::IntoResponse,
};
use champollion_service::{
    notices::{self, Notice},
    outbox::{Language, LocalTime},
};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    accept_language::preferred,
    api::authorized::{Authorized, Inspect},
    atom::{self, link, without_controls},
    auth::Reach,
    notices::{PAGE, seen},
    own_address::own_address,
    service::Service,
};

/// The path of the feed.
const FEED: &str = "/v1/notices/feed";

/// Notices in a feed and in a calendar, the latest.
const NOTICES: usize = 200;

/// Readers of feeds send the token as the password of `Basic`. What the server adds to notices is in the language of the
/// header `Accept-Language`, and moments are those of the clocks of the territory.
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
    uri: Uri,
    headers: HeaderMap,
) -> impl IntoResponse {
    let feed = Feed {
        address: own_address(&service.config, &uri, &headers),
        language: liked_language(&headers),
        clocks: service.config.territory.clocks(),
    };
    let notices = latest(&service, &authorized.reach);
    let headers = [(CONTENT_TYPE, atom::CONTENT_TYPE), (VARY, "accept-language")];
    (headers, feed.written(&notices).into_string())
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
    headers: HeaderMap,
) -> impl IntoResponse {
    let notices = latest(&service, &authorized.reach);
    let (clocks, language) = (service.config.territory.clocks(), liked_language(&headers));
    let calendar = notices::calendar("Champollion", (&clocks, language), &notices);
    let headers = [(CONTENT_TYPE, "text/calendar; charset=utf-8"), (VARY, "accept-language")];
    (headers, calendar)
}

/// The language that a reader likes best, of those that there are.
fn liked_language(headers: &HeaderMap) -> Language {
    let liked = headers.get(ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
    liked.and_then(|liked| preferred(liked, of_code)).unwrap_or(Language::En)
}

fn latest(service: &Service, reach: &Reach) -> Vec<Notice> {
    let all = service.notices.latest(None).into_iter();
    all.filter_map(|notice| seen(&notice, reach)).take(NOTICES).collect()
}

fn of_code(code: &str) -> Option<Language> {
    [Language::En, Language::Fr]
        .into_iter()
        .find(|language| code_of(*language).eq_ignore_ascii_case(code))
}

const fn code_of(language: Language) -> &'static str {
    match language {
        Language::En => "en",
        Language::Fr => "fr",
    }
}

/// The feed of a reader.
struct Feed {
    /// The address of the server, before the path of a page.
    address: String,
    language: Language,
    clocks: LocalTime,
}

impl Feed {
    fn written(&self, notices: &[Notice]) -> Markup {
        let updated = notices.iter().map(|notice| notice.changed_at).max();
        let address = &self.address;
        html! {
            (atom::declaration())
            feed xmlns="http://www.w3.org/2005/Atom" xml:lang=(code_of(self.language)) {
                title { (self.say("Champollion: notices", "Champollion : avis")) }
                id { "urn:champollion:notices" }
                updated { (updated.unwrap_or(Timestamp::UNIX_EPOCH)) }
                author { name { "Champollion" } }
                (link("self", &format!("{address}{FEED}")))
                (link("alternate", &format!("{address}{PAGE}")))
                @for notice in notices { (self.one(notice)) }
            }
        }
    }

    fn one(&self, notice: &Notice) -> Markup {
        html! {
            entry {
                title { (without_controls(notice.title.as_str())) }
                id { "urn:uuid:" (notice.id) }
                published { (notice.created_at) }
                updated { (notice.changed_at) }
                (link("alternate", &format!("{}{PAGE}#notice-{}", self.address, notice.id)))
                summary { (self.span(notice)) }
                content type="text" {
                    (without_controls(notice.text.as_str()))
                    @for word in &notice.follow_ups {
                        "\n\n" (self.moment(word.at)) (self.say(": ", " : "))
                        (without_controls(word.text.as_str()))
                    }
                }
            }
        }
    }

    /// The time of a notice in words.
    fn span(&self, notice: &Notice) -> String {
        let taken_back = match notice.cancelled_at {
            Some(_) => self.say(" (cancelled)", " (annulé)"),
            None => "",
        };
        let begin = self.moment(notice.begin);
        match notice.end.map(|end| self.moment(end)) {
            Some(end) => {
                let (from, to) = (self.say("", "du "), self.say(" to ", " au "));
                format!("{from}{begin}{to}{end}{taken_back}")
            }
            None => format!("{}{begin}{taken_back}", self.say("since ", "depuis le ")),
        }
    }

    fn moment(&self, at: Timestamp) -> String {
        self.clocks.to_minute(at, self.language)
    }

    const fn say(&self, english: &'static str, french: &'static str) -> &'static str {
        match self.language {
            Language::En => english,
            Language::Fr => french,
        }
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
        let written = |language| {
            let (address, clocks) =
                ("https://champollion.example".to_owned(), LocalTime::default());
            Feed { address, language, clocks }.written(std::slice::from_ref(&notice)).into_string()
        };
        let french = written(Language::Fr);
        assert!(
            french.contains("<summary>depuis le 01/01/1970 00:00 +00:00</summary>"),
            "{french}"
        );
        assert!(french.contains(" xml:lang=\"fr\""), "{french}");
        let feed = written(Language::En);
        for link in [
            "<link rel=\"self\" href=\"https://champollion.example/v1/notices/feed\"/>",
            "<link rel=\"alternate\" href=\"https://champollion.example/status\"/>",
            "href=\"https://champollion.example/status#notice-00000000-0000-0000-0000-000000000000\"/>",
        ] {
            assert!(feed.contains(link), "{feed}");
        }
        assert!(feed.starts_with("<?xml version=\"1.0\""), "{feed}");
        assert!(feed.contains("<title>Gateway &lt;3&gt; &amp; mast</title>"), "{feed}");
        assert!(feed.contains("<id>urn:uuid:00000000-0000-0000-0000-000000000000</id>"), "{feed}");
        assert!(feed.contains("<summary>since 1970-01-01 00:00 +00:00</summary>"), "{feed}");
    }
}
