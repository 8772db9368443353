//! Meaning of a recipient's answers.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use jiff::{Timestamp, fmt::rfc2822};

use crate::destinations::{FailureKind, HandoverResult, Verdict};

/// The longest that a recipient may ask to be left alone; who asks for more is asked again after it.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// Returns the meaning of an answer for the records.
pub(super) fn meaning(
    status: StatusCode,
    headers: &HeaderMap,
    said: &str,
    now: Timestamp,
) -> HandoverResult {
    let code = Some(status.as_u16());
    if status.is_success() {
        return HandoverResult::taken(code);
    }
    let verdict = match status {
        StatusCode::GONE => Verdict::Gone,
        // Only these two say when to come back; elsewhere the header would mean something else.
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Verdict::Later(retry_after(headers, now))
        }
        _ => Verdict::Later(None),
    };
    let mut message = format!("it answered {status}");
    if status.is_redirection() {
        message.push_str(" (redirections are not followed: say the final URL)");
    }
    if !said.is_empty() {
        message.push_str(": ");
        message.push_str(said);
    }
    HandoverResult::new(verdict, code, &message).because(FailureKind::Answered)
}

/// Reads the pause that an answer asks for by `Retry-After`: seconds, or a moment.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let moment = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Duration::try_from(moment.duration_since(now)).unwrap_or_default()
        }
    };
    Some(pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;

    use super::*;

    fn verdict(status: u16, retry_after: Option<&'static str>) -> Verdict {
        let now: Timestamp = "2026-11-25T08:00:00Z".parse().unwrap();
        let header = retry_after.map(|text| (RETRY_AFTER, HeaderValue::from_static(text)));
        let status = StatusCode::from_u16(status).unwrap();
        meaning(status, &header.into_iter().collect(), "", now).verdict
    }

    #[test]
    fn a_status_says_what_becomes_of_the_records() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(verdict(status, None), Verdict::Taken, "{status}");
        }
        for status in [301, 302, 307, 400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504] {
            assert_eq!(verdict(status, None), Verdict::Later(None), "{status}");
        }
        assert_eq!(verdict(410, None), Verdict::Gone);
    }

    #[test]
    fn who_says_when_to_come_back_is_heard() {
        let later = |seconds| Verdict::Later(Some(Duration::from_secs(seconds)));
        assert_eq!(verdict(429, Some("120")), later(120));
        assert_eq!(verdict(503, Some("Wed, 25 Nov 2026 08:00:30 GMT")), later(30));
        assert_eq!(verdict(503, Some("Wed, 25 Nov 2026 07:00:00 GMT")), later(0));
        assert_eq!(verdict(429, Some("86400")), later(3_600));
        assert_eq!(verdict(429, Some("soon")), Verdict::Later(None));
        assert_eq!(verdict(500, Some("120")), Verdict::Later(None));
    }
}
