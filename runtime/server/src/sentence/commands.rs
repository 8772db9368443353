//! Sentences about commands: what they wait for, why they are not taken, and why none was sent.

use serde_json::Value as Json;

use super::Sentence;
use crate::downlinks::CommandFailure;

/// Returns the sentence about what a command of the interface waits for, in short; nothing of one that is at its end.
pub(crate) fn of_waiting(command: &Json) -> Option<Sentence> {
    let server = || command["networkServer"].clone();
    Some(match command["state"].as_str()? {
        "queued" => Sentence::new("command-waits-to-be-sent").with("server", server()),
        "sent" => Sentence::new("command-waits-for-device"),
        "unknown" => Sentence::new("command-waits-for-word").with("server", server()),
        _ => return None,
    })
}

/// Returns the sentence about the last attempt of a command of the interface; nothing where its kind is not told.
pub(crate) fn of_attempt(command: &Json) -> Option<Sentence> {
    let kind = serde_json::from_value(command.get("failure")?.clone()).ok()?;
    let sentence = match kind {
        CommandFailure::Refused => Sentence::new("command-refused"),
        CommandFailure::NotTaken => Sentence::new("command-not-taken"),
        CommandFailure::Unheard => Sentence::new("command-unheard"),
        CommandFailure::Unreachable => Sentence::new("command-unreachable"),
        CommandFailure::Busy => Sentence::new("command-busy"),
        CommandFailure::Unanswered => Sentence::new("command-unanswered"),
        CommandFailure::Untold => Sentence::new("command-untold"),
        CommandFailure::NotOfferedAgain => Sentence::new("command-not-offered-again"),
        CommandFailure::NeverTold => Sentence::new("command-never-told"),
        CommandFailure::DeviceGone => Sentence::new("command-device-gone"),
        CommandFailure::Failed => Sentence::new("command-failed"),
    };
    Some(sentence.with("server", command["networkServer"].clone()))
}

/// Returns the sentence about why no command was sent, by its word, where that is no code of a problem.
pub(crate) fn of_refusal(code: &str) -> Option<Sentence> {
    Some(match code {
        "device-gone" => Sentence::new("command-device-gone"),
        "schedule-changed" => Sentence::new("command-schedule-changed"),
        "time-over" => Sentence::new("command-time-over"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_command_waits_for_its_network_server_or_its_device() {
        let code = |state: &str| {
            let command = json!({ "state": state, "networkServer": "city" });
            of_waiting(&command).map(|sentence| sentence.code)
        };
        assert_eq!(code("queued"), Some("command-waits-to-be-sent"));
        assert_eq!(code("sent"), Some("command-waits-for-device"));
        assert_eq!(code("expired"), None);
    }

    #[test]
    fn an_attempt_says_why_the_command_is_not_taken() {
        let said =
            |failure: &str| of_attempt(&json!({ "failure": failure, "networkServer": "city" }));
        let refused = said("refused").unwrap();
        assert_eq!((refused.code, &refused.values["server"]), ("command-refused", &json!("city")));
        assert_eq!(said("device-gone").map(|said| said.code), Some("command-device-gone"));
        assert_eq!(said("of-another-release"), None);
        assert_eq!(of_attempt(&json!({ "state": "failed", "problem": "why" })), None);
    }
}
