//! The reasons why a server does not start.

use champollion_delivery::mailbox::DeliveryError;
use champollion_fleet::vault::VaultError;
use champollion_lns::NetworkServerName;
use champollion_registry::RegistryError;
use champollion_sandbox::SandboxError;
use champollion_service::alerts::AlertsError;
use champollion_store::{StoreError, TableError};

use crate::{
    adoption::AdoptionError, auth::TokenError, cluster::AgreementError, devices::DevicesError,
    downlinks::LedgerError, parked::ParkedError,
};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault cannot be opened, as where the master key is lost.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The sandbox cannot be set up.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The registry cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The tokens cannot be read.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// The devices cannot be read.
    #[error(transparent)]
    Devices(#[from] DevicesError),
    /// The records cannot be read.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The commands cannot be read.
    #[error(transparent)]
    Downlinks(#[from] LedgerError),
    /// The rules of alerts cannot be read.
    #[error(transparent)]
    Alerts(#[from] AlertsError),
    /// The parked messages cannot be read.
    #[error(transparent)]
    Parked(#[from] ParkedError),
    /// The sessions at brokers, or the partners and people, cannot be read.
    #[error(transparent)]
    Rows(#[from] TableError),
    /// Groups that were there before do not become partners.
    #[error(transparent)]
    Adoption(#[from] AdoptionError),
    /// The node does not come to the others that share the store.
    #[error(transparent)]
    Cluster(#[from] AgreementError),
    /// The settings of a network server cannot be used.
    #[error("[network-servers.{server}.{section}]: {reason}")]
    NetworkServer {
        /// The network server in question.
        server: NetworkServerName,
        /// The section at fault.
        section: &'static str,
        /// The fault of the section.
        reason: String,
    },
    /// Logs, metrics or the network cannot be set up.
    #[error("{what}: {reason}")]
    Setup {
        /// The action that failed.
        what: String,
        /// Why it was not.
        reason: String,
    },
}
