//! Derived decoders of devices and groups.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::ask};

/// Derived decoders, each a requirement such as `acme/consumption@^1`, or a pin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedDecoders {
    /// The derived decoders; an empty list takes all away.
    pub decoders: Vec<String>,
}

impl Client {
    /// Gets the derived decoders of a device: `GET /v1/devices/{dev_eui}/derived`.
    pub async fn derived_of_device(
        &self,
        dev_eui: impl Display,
    ) -> Result<Answer<DerivedDecoders>, ClientError> {
        ask(self.get(format_args!("v1/devices/{dev_eui}/derived"))).await
    }

    /// Assigns derived decoders to a device: `PUT /v1/devices/{dev_eui}/derived`.
    pub async fn assign_derived_to_device(
        &self,
        dev_eui: impl Display,
        decoders: &DerivedDecoders,
    ) -> Result<Answer<DerivedDecoders>, ClientError> {
        ask(self.put(format_args!("v1/devices/{dev_eui}/derived")).json(decoders)).await
    }

    /// Gets the derived decoders of a group: `GET /v1/groups/{group}/derived`.
    pub async fn derived_of_group(
        &self,
        group: impl Display,
    ) -> Result<Answer<DerivedDecoders>, ClientError> {
        ask(self.get(format_args!("v1/groups/{group}/derived"))).await
    }

    /// Assigns derived decoders to all devices of a group: `PUT /v1/groups/{group}/derived`.
    pub async fn assign_derived_to_group(
        &self,
        group: impl Display,
        decoders: &DerivedDecoders,
    ) -> Result<Answer<DerivedDecoders>, ClientError> {
        ask(self.put(format_args!("v1/groups/{group}/derived")).json(decoders)).await
    }
}
