//! Routes whose records do not leave, and attempts to hand records over that failed.

use champollion_delivery::destinations::FailureKind;
use serde_json::Value as Json;

use super::Sentence;

/// Returns the sentence about an attempt of the interface that failed; nothing of one that worked.
pub(crate) fn of_attempt(attempt: &Json) -> Option<Sentence> {
    let kind = serde_json::from_value(attempt.get("failure")?.clone()).ok()?;
    Some(match kind {
        FailureKind::Answered => {
            Sentence::new("handover-answered").with("status", attempt["status"].clone())
        }
        FailureKind::TimedOut => Sentence::new("handover-timed-out"),
        FailureKind::NotResolved => Sentence::new("handover-not-resolved"),
        FailureKind::PlaceNotAllowed => Sentence::new("handover-place-not-allowed"),
        FailureKind::Unreachable => Sentence::new("handover-unreachable"),
        FailureKind::NotSecure => Sentence::new("handover-not-secure"),
        FailureKind::ConnectionLost => Sentence::new("handover-connection-lost"),
        FailureKind::NotLetIn => Sentence::new("handover-not-let-in"),
        FailureKind::NoRight => Sentence::new("handover-no-right"),
        FailureKind::Missing => Sentence::new("handover-missing"),
        FailureKind::Full => Sentence::new("handover-full"),
        FailureKind::NotRenamed => Sentence::new("handover-not-renamed"),
        FailureKind::ReadOnly => Sentence::new("handover-read-only"),
        FailureKind::SchemaNewer => Sentence::new("handover-schema-newer"),
        FailureKind::Refused => Sentence::new("handover-refused"),
        FailureKind::Unusable => Sentence::new("handover-unusable"),
    })
}

/// Returns the sentence about a route of the interface that hands nothing over, or not all; nothing where all goes well.
pub(crate) fn of_route(status: &Json) -> Option<Sentence> {
    let failures = status["failuresInARow"].as_u64().unwrap_or_default();
    let has_refused = status["refused"].as_array().is_some_and(|refused| !refused.is_empty());
    let sentence = match status["state"].as_str()? {
        "stopped" => Sentence::new("route-stopped").with("at", status["stopped"]["at"].clone()),
        "paused" => Sentence::new("route-paused"),
        "backing-off" => Sentence::new("route-waits").with("until", status["until"].clone()),
        "running" if has_refused => Sentence::new("route-records-refused"),
        "running" if failures > 0 => Sentence::new("route-fails"),
        _ => return None,
    };
    Some(sentence.with("failures", failures))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attempt_says_why_it_failed() {
        let code = |attempt: Json| of_attempt(&attempt).map(|sentence| sentence.code);
        assert_eq!(code(json!({ "failure": "timed-out" })), Some("handover-timed-out"));
        assert_eq!(code(json!({ "failure": "of-another-release" })), None);
        assert_eq!(code(json!({ "outcome": "taken" })), None);
        let answered = of_attempt(&json!({ "failure": "answered", "status": 503 })).unwrap();
        assert_eq!(answered.values["status"], 503);
    }

    #[test]
    fn a_route_says_why_records_do_not_leave() {
        let code = |status: Json| of_route(&status).map(|sentence| sentence.code);
        let failing = |state: &str| json!({ "state": state, "failuresInARow": 2 });
        assert_eq!(code(failing("backing-off")), Some("route-waits"));
        assert_eq!(code(failing("running")), Some("route-fails"));
        assert_eq!(code(json!({ "state": "running", "failuresInARow": 0 })), None);
        let refused = json!({ "state": "running", "failuresInARow": 1, "refused": ["a"] });
        assert_eq!(code(refused), Some("route-records-refused"));
    }
}
