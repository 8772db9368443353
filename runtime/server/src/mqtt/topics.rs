//! What the topics of network servers say.

use champollion_lns::{Kind, NetworkServerName, Whereabouts};

/// What is usually subscribed to.
pub(super) fn usual(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Chirpstack => &["application/+/device/+/event/+"],
        Kind::Tts => &[
            "v3/+/devices/+/up",
            "v3/+/devices/+/join",
            "v3/+/devices/+/down/queued",
            "v3/+/devices/+/down/sent",
            "v3/+/devices/+/down/ack",
            "v3/+/devices/+/down/nack",
            "v3/+/devices/+/down/failed",
        ],
        _ => &[],
    }
}

/// What a topic says of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Topic<'topic> {
    /// What has happened: `up`, `join`, …
    pub(super) event: &'topic str,
    /// The application, where the network server has applications.
    pub(super) application: Option<&'topic str>,
    /// How the network server names the device.
    pub(super) device: &'topic str,
}

impl<'topic> Topic<'topic> {
    /// Reads a topic; nothing where it is none of the network server's. What the operator of a broker
    /// has put before its topics is not looked at.
    pub(super) fn read(kind: Kind, topic: &'topic str) -> Option<Self> {
        let levels: Vec<&str> = topic.split('/').collect();
        match (kind, levels.as_slice()) {
            (
                Kind::Chirpstack,
                [.., "application", application, "device", device, "event", event],
            ) => Some(Self { event, application: Some(application), device }),
            (
                Kind::Tts,
                [.., application, "devices", device, event]
                | [.., application, "devices", device, "down", event],
            ) => Some(Self { event, application: Some(application), device }),
            (Kind::Chirpstack | Kind::Tts, _) => None,
            // Of others nothing is known: all messages are uplinks, and all of one topic in order.
            _ => Some(Self { event: "up", application: None, device: topic }),
        }
    }

    /// Where the device lives, as the topic says it.
    pub(super) fn whereabouts(&self, kind: Kind, server: &NetworkServerName) -> Whereabouts {
        Whereabouts {
            network_server: server.clone(),
            application: self.application.map(str::to_owned),
            // ChirpStack names devices by their DevEUIs.
            device: (kind == Kind::Tts).then(|| self.device.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_say_which_device_and_what() {
        let chirpstack = |topic| Topic::read(Kind::Chirpstack, topic);
        let up = chirpstack("eu868/application/a/device/02c4/event/up").unwrap();
        assert_eq!((up.event, up.application, up.device), ("up", Some("a"), "02c4"));
        assert_eq!(chirpstack("application/a/device/02c4/command/down"), None);
        let tts = |topic| Topic::read(Kind::Tts, topic).map(|topic| (topic.event, topic.device));
        assert_eq!(tts("v3/app@ttn/devices/d/up"), Some(("up", "d")));
        assert_eq!(tts("v3/app@ttn/devices/d/down/sent"), Some(("sent", "d")));
        assert_eq!(tts("v3/app@ttn/gateways/d"), None);
        let server = "city".parse().unwrap();
        let topic = Topic::read(Kind::Tts, "v3/app@ttn/devices/d/join").unwrap();
        let there = topic.whereabouts(Kind::Tts, &server);
        assert_eq!(there.application.as_deref(), Some("app@ttn"));
        assert_eq!(there.device.as_deref(), Some("d"));
        assert_eq!(up.whereabouts(Kind::Chirpstack, &server).device, None);
    }
}
