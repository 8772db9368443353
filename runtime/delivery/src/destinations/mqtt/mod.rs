//! Records are published through a partner's own broker. MQTT 3.1.1, QoS 1.

mod definition;
mod outbox;
mod publisher;
mod recipient;
mod relay;
mod topic;

pub use definition::{MqttPush, MqttPushError};
pub use outbox::Outbox;
pub use publisher::{NotPublished, OutgoingMessage, Publisher};
pub use recipient::{MqttRecipient, sentence};
pub use topic::{TopicPattern, TopicPatternError};
