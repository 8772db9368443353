//! The definition of a push of lines, as a route has it.

use serde::{Deserialize, Serialize};

use super::recipient::LinesRecipient;
use crate::destinations::{AddressError, Connector, DestinationLimits, Target};

/// The recipient of lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinesPush {
    /// The name or the address of the recipient.
    pub host: String,
    /// The port that the recipient listens at.
    pub port: u16,
}

/// Why records cannot be sent like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinesPushError {
    /// The connection is not secured.
    #[error("lines go over TCP without TLS; the operator may allow it with [delivery] plain-http")]
    Plain,
    /// Recipients may not be there.
    #[error(transparent)]
    Address(#[from] AddressError),
}

impl LinesPush {
    /// Returns the recipient to which records are sent by this definition.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub fn recipient(
        &self,
        destination_limits: &DestinationLimits,
        connector: Connector,
    ) -> Result<LinesRecipient, LinesPushError> {
        if !destination_limits.plain_http {
            return Err(LinesPushError::Plain);
        }
        connector.check(&self.host, self.port)?;
        Ok(LinesRecipient::new(self, connector))
    }

    /// Returns where its secrets would go.
    pub(crate) fn target(&self) -> Target {
        Target::of_host(&self.host, self.port)
    }
}
