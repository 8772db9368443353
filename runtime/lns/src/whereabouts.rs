//! Where a device lives, as messages and topics tell it.

use serde::{Deserialize, Serialize};

use crate::{Encoding, NetworkServerName};

/// Where a device lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Whereabouts {
    /// The network server that the device was heard through.
    pub network_server: NetworkServerName,
    /// The application that it has the device in, where it has applications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The network server's name of the device, where that is not the DevEUI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// The beginning of the topics of its messages, where they come through a broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_prefix: Option<String>,
    /// The encoding of its messages, where they come through a broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
}

/// Where a device lives within a network server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The application that the device is in, where there are applications.
    pub application: Option<String>,
    /// The network server's name of the device, where that is not the DevEUI.
    pub device: Option<String>,
    /// The beginning of the topics of its messages, where they come through a broker.
    pub topic_prefix: Option<String>,
    /// The encoding of its messages, where they come through a broker.
    pub encoding: Option<Encoding>,
}

impl Place {
    /// The same with the network server.
    #[must_use]
    pub fn at(self, network_server: NetworkServerName) -> Whereabouts {
        let Self { application, device, topic_prefix, encoding } = self;
        Whereabouts { network_server, application, device, topic_prefix, encoding }
    }

    /// The same with the encoding of the messages that come from there.
    #[must_use]
    pub fn written_as(self, encoding: Encoding) -> Self {
        Self { encoding: Some(encoding), ..self }
    }
}
