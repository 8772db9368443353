//! Sentences about commands that wait.

use serde_json::Value as Json;

use super::Sentence;

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
}
