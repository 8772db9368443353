//! Sentences about network servers: why there is no connection to a broker, and remedies of findings, in short.

use rumqttc::{ConnectReturnCode, ConnectionError};

use super::Sentence;

/// Returns the sentence about an error of the connection to a broker, which was given so many seconds to connect.
pub(crate) fn of_broker(error: &ConnectionError, connect_seconds: u64) -> Sentence {
    use ConnectReturnCode::{BadClientId, BadUserNamePassword, NotAuthorized};

    match error {
        ConnectionError::ConnectionRefused(BadUserNamePassword | NotAuthorized) => {
            Sentence::new("broker-refuses-user")
        }
        ConnectionError::ConnectionRefused(BadClientId) => {
            Sentence::new("broker-refuses-client-id")
        }
        ConnectionError::NetworkTimeout => {
            Sentence::new("broker-silent").with("seconds", connect_seconds)
        }
        ConnectionError::Tls(error) => {
            Sentence::new("broker-insecure").with("error", error.to_string())
        }
        ConnectionError::Io(error) => {
            Sentence::new("broker-unreachable").with("error", error.to_string())
        }
        error => Sentence::new("broker-lost").with("error", error.to_string()),
    }
}

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
    fn an_error_of_a_broker_is_told_with_what_stands_in_it() {
        let refused = ConnectionError::ConnectionRefused(ConnectReturnCode::BadUserNamePassword);
        assert_eq!(of_broker(&refused, 10), Sentence::new("broker-refuses-user"));
        let silent = of_broker(&ConnectionError::NetworkTimeout, 10);
        assert_eq!(silent, Sentence::new("broker-silent").with("seconds", 10));
        let away = ConnectionError::Io(std::io::Error::other("no route to host"));
        let away = of_broker(&away, 10);
        assert_eq!(
            (away.code, &away.values["error"]),
            ("broker-unreachable", &"no route to host".into())
        );
    }

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
