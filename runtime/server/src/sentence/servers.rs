//! Remedies of findings about network servers, in short.

use super::Sentence;

/// Returns the sentence about what to do against a finding, by its code; nothing of one that a later release finds.
pub(crate) fn of_remedy(code: &str) -> Option<Sentence> {
    Some(match code {
        "credentials-refused" => Sentence::new("server-credentials-refused"),
        "subscription-refused" => Sentence::new("server-subscription-refused"),
        "not-connected" => Sentence::new("server-not-connected"),
        "events-with-qos-0" => Sentence::new("server-events-with-qos-0"),
        "subscription-with-qos-0" => Sentence::new("server-subscription-with-qos-0"),
        "session-lost" => Sentence::new("server-session-lost"),
        "connections-end" => Sentence::new("server-connections-end"),
        "topic-without-messages" => Sentence::new("server-topic-without-messages"),
        "no-token" => Sentence::new("server-no-token"),
        "frames-missing" => Sentence::new("server-frames-missing"),
        "no-device-heard" => Sentence::new("server-no-device-heard"),
        "refused" => Sentence::new("server-refused"),
        "clock-ahead" | "clock-behind" => Sentence::new("server-clock"),
        "parked-messages" => Sentence::new("server-parked-messages"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The findings have their names on the same page.
    const NAMES: &str = include_str!("../pages/locales/fr/operator.ftl");

    #[test]
    fn each_finding_that_has_a_name_has_a_remedy() {
        let names = NAMES.lines().filter_map(|line| line.strip_prefix("operator-finding-"));
        let codes: Vec<&str> =
            names.filter_map(|line| line.split_once(" =")).map(|(code, _)| code).collect();
        assert!(codes.len() > 10, "{codes:?}");
        for code in codes {
            assert!(of_remedy(code).is_some(), "{code}");
        }
        assert_eq!(of_remedy("of-another-release"), None);
    }
}
