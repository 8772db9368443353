//! Settings that must be the same on all nodes, or records would be kept and shown, and days counted, in two ways.

use champollion_delivery::{destinations::DestinationSettings, mailbox::RetentionSettings};
use champollion_store::{Batch, Store, Table, TableError, tables};

use super::{identity::IdentityError, protocol::ProtocolMismatch, settings::AddressMissing};
use crate::{store_settings::StoreSettings, territory_settings::TerritorySettings};

const AGREED: Table<String, String> = Table::new(tables::AGREED_SETTINGS);

/// Settings by their names, each as a text.
pub(crate) struct AgreedSettings(pub(super) Vec<(&'static str, String)>);

/// A setting that differs from that of the other nodes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name} is {own:?} here and {others:?} on the nodes that run: all nodes of one store need the same. Correct it here, \
     or stop all nodes, and start one with the new one before the others"
)]
pub struct Disagreement {
    name: &'static str,
    own: String,
    others: String,
}

/// The reason why a node does not come to the others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// A setting differs from that of the other nodes.
    #[error(transparent)]
    Differs(#[from] Disagreement),
    /// No other node reaches this one.
    #[error(transparent)]
    Address(#[from] AddressMissing),
    /// The node has no identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// This node and another one do not read what the other writes.
    #[error(transparent)]
    Protocol(#[from] ProtocolMismatch),
    /// The settings of the others cannot be read, or those of this node not be kept.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl AgreedSettings {
    /// The settings that decide how records are kept and shown, which days are counted, and where groups lie. The master
    /// key is not among them: the vault refuses another one, and names both.
    pub(crate) fn of(
        retention: &RetentionSettings,
        delivery: &DestinationSettings,
        territory: &TerritorySettings,
        store: &StoreSettings,
    ) -> Self {
        let zones = delivery.time_zones.iter();
        let zones: Vec<String> = zones.map(|(group, zone)| format!("{group}: {zone}")).collect();
        Self(vec![
            ("[retention] hours", retention.hours.to_string()),
            ("[delivery] time-zones", zones.join(", ")),
            ("[territory] time-zone", territory.time_zone.to_string()),
            ("[store] postgres, the names", store.names()),
        ])
    }

    /// Checks that the other nodes have the same; where there are none, theirs are these from now on.
    pub(super) async fn check(
        &self,
        store: &dyn Store,
        has_others: bool,
    ) -> Result<(), AgreementError> {
        let mut batch = Batch::new();
        for &(name, ref own) in &self.0 {
            let (others, seen) = AGREED.get_seen(store, &name.to_owned()).await?;
            match others {
                Some(others) if others == *own => {}
                Some(others) if has_others => {
                    return Err(Disagreement { name, own: own.clone(), others }.into());
                }
                _ => drop(AGREED.replace(&mut batch, &seen, own)?),
            }
        }
        if !batch.is_empty() {
            store.commit(batch).await.map_err(TableError::from)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;

    #[tokio::test]
    async fn another_setting_is_refused_with_both_values_while_others_run() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let settings = |hours: &str| AgreedSettings(vec![("[retention] hours", hours.to_owned())]);
        settings("48").check(&store, false).await.unwrap();
        settings("48").check(&store, true).await.unwrap();
        let refused = settings("24").check(&store, true).await.unwrap_err().to_string();
        assert!(refused.contains("\"24\" here and \"48\""), "{refused}");
        settings("24").check(&store, false).await.unwrap();
        settings("48").check(&store, true).await.unwrap_err();
    }
}
