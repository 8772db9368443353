//! Where a device lives, as messages and topics tell it.

use serde::{Deserialize, Serialize};

use crate::NetworkServerName;

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
}

/// Where a device lives within a network server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The application that the device is in, where there are applications.
    pub application: Option<String>,
    /// The network server's name of the device, where that is not the DevEUI.
    pub device: Option<String>,
}

impl Place {
    /// The same with the network server.
    #[must_use]
    pub fn at(self, network_server: NetworkServerName) -> Whereabouts {
        let Self { application, device } = self;
        Whereabouts { network_server, application, device }
    }
}
