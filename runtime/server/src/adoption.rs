//! Groups that were there before they had partners become partners, once: at the first start of a release that knows of
//! it. A new folder has none. Groups that come later without a partner are the operator's own, or are refused
//! (`[approvals] unowned-groups`).

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use champollion_fleet::{
    grants::Place,
    names::GroupId,
    roster::{Change, Roster, RosterError},
};
use champollion_registry::{
    Registry, RegistryError,
    ledger::{Actor, AuditEntry},
};
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::Timestamp;
use serde_json::json;

use crate::{
    auth::{Role, Tokens},
    authors::{AuditedAuthor, Author},
    devices::Devices,
};

const ADOPTED: Table<String, Timestamp> = Table::new(tables::GROUPS_ADOPTED);

/// The key of the one row.
const AT: &str = "at";

/// Groups that become partners at once: their names fit into a line of the audit.
const PART: usize = 50;

/// People who move with their groups at once, but for those of one group: their rows are in the same batch.
const PEOPLE: usize = 1_000;

/// The name under which the audit has it.
const AUTHOR: &str = "the first start with partners";

/// Why groups do not become partners.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    /// A row cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The roster does not take a partner.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The change, or its line of the audit, is not kept.
    #[error(transparent)]
    Audit(#[from] RegistryError),
}

/// The rooms that know groups.
pub(crate) struct Adoption<'of> {
    pub(crate) registry: &'of Arc<Registry>,
    pub(crate) roster: &'of Roster,
    pub(crate) devices: &'of Devices,
    pub(crate) tokens: &'of Tokens,
}

impl Adoption<'_> {
    /// Makes a partner of each group that nobody owns, unless that was done before. A kill leaves whole groups, and the
    /// next start does the rest.
    pub(crate) async fn run(&self, store: &dyn Store) -> Result<(), AdoptionError> {
        if ADOPTED.get(store, &AT.to_owned()).await?.is_some() {
            return Ok(());
        }
        let author = AuditedAuthor::new(self.registry, Actor::named(AUTHOR));
        let now = Timestamp::now();
        let turn = self.roster.turn().await;
        let mut groups = turn.groups_of_people();
        groups.extend(self.groups());
        let unowned: Vec<GroupId> =
            groups.into_iter().filter(|group| self.roster.partner_of(group).is_none()).collect();
        for part in parts(&unowned, &self.people()) {
            let Change { batch, effects, outcome } = turn.adopt(&part, now)?;
            let partners: Vec<&str> =
                outcome.iter().map(|adopted| adopted.partner.id.as_str()).collect();
            let act = AuditEntry::of_act("groups-adopt", format_args!("{} groups", part.len()))
                .with(json!({ "groups": part, "partners": partners }));
            author.commit(batch, act).await?;
            turn.apply(effects);
        }
        drop(turn);
        let mut done = Batch::new();
        ADOPTED.put(&mut done, &AT.to_owned(), &now)?;
        store.commit(done).await.map_err(TableError::from)?;
        if !unowned.is_empty() {
            tracing::info!(
                groups = unowned.len(),
                "groups that were there became partners, each with an approval that says so"
            );
        }
        Ok(())
    }

    /// The number of people who belong to each group.
    fn people(&self) -> HashMap<GroupId, usize> {
        let mut people: HashMap<GroupId, usize> = HashMap::new();
        for person in self.roster.people(None) {
            if let Place::Group(group) = person.home {
                *people.entry(group).or_default() += 1;
            }
        }
        people
    }

    /// The groups that have devices, or tokens.
    fn groups(&self) -> impl Iterator<Item = GroupId> {
        let of_tokens = self.tokens.list().into_iter().filter_map(|token| match token.role {
            Role::Partner { group } => Some(group),
            Role::Reader { scope } | Role::Operator { scope } | Role::Owner { scope } => {
                scope.group().cloned()
            }
            _ => None,
        });
        self.devices.groups().into_iter().chain(of_tokens)
    }
}

/// Cuts groups into parts whose rows are one batch.
fn parts(groups: &[GroupId], people: &HashMap<GroupId, usize>) -> Vec<BTreeSet<GroupId>> {
    let (mut parts, mut moving) = (Vec::<BTreeSet<GroupId>>::new(), 0);
    for group in groups {
        let own = people.get(group).copied().unwrap_or_default();
        let is_room = moving + own <= PEOPLE;
        match parts.last_mut().filter(|part| is_room && part.len() < PART) {
            Some(part) => {
                part.insert(group.clone());
                moving += own;
            }
            None => {
                parts.push(BTreeSet::from([group.clone()]));
                moving = own;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_cut_by_their_number_and_by_their_people() {
        let groups: Vec<GroupId> =
            (100..220).map(|number| format!("group-{number}").parse().unwrap()).collect();
        let sizes = |people: &[(usize, usize)]| {
            let people = people.iter().map(|(index, count)| (groups[*index].clone(), *count));
            let cut = parts(&groups, &people.collect());
            assert_eq!(cut.iter().flatten().collect::<Vec<_>>(), groups.iter().collect::<Vec<_>>());
            cut.iter().map(BTreeSet::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&[]), [50, 50, 20]);
        assert_eq!(sizes(&[(0, 600), (1, 400), (2, 1), (9, 1_000)]), [2, 7, 50, 50, 11]);
        assert!(parts(&[], &HashMap::new()).is_empty());
    }
}
