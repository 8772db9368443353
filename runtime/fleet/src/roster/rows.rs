//! The rows of the roster in the store.

use std::collections::BTreeMap;

use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{Json, KeyCodec, Text, ValueCodec},
    tables,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{change::Effect, state::State};
use crate::{
    grants::Grant,
    history::History,
    names::{GroupId, PartnerId},
    partners::{Ownership, Partner},
    people::Person,
};

const PARTNERS: Table<PartnerId, Partner> = Table::new(tables::PARTNERS);
const GROUP_OWNERS: Table<GroupId, Ownership> = Table::new(tables::GROUP_OWNERS);
const OWNER_CHANGES: History<GroupId, PartnerId> = History::new(tables::GROUP_OWNER_CHANGES);
const PEOPLE: Table<Uuid, Person> = Table::new(tables::PEOPLE);
const GRANTS: Table<Uuid, Grant> = Table::new(tables::GRANTS);

/// Reads all rows of the roster.
pub(super) async fn read(store: &dyn Store) -> Result<State, TableError> {
    let mut state = State::default();
    let mut partners = PARTNERS.pages(store);
    while let Some(page) = partners.next().await? {
        page.into_iter().for_each(|(_, partner)| state.apply(Effect::Partner(partner)));
    }
    let mut owners = GROUP_OWNERS.pages(store);
    while let Some(page) = owners.next().await? {
        page.into_iter().for_each(|(group, owner)| state.apply(Effect::Owned(group, owner)));
    }
    let mut people = PEOPLE.pages(store);
    while let Some(page) = people.next().await? {
        page.into_iter().for_each(|(_, person)| state.apply(Effect::Person(person)));
    }
    let mut grants = GRANTS.pages(store);
    while let Some(page) = grants.next().await? {
        page.into_iter().for_each(|(_, grant)| state.apply(Effect::Grant(grant)));
    }
    Ok(state)
}

/// The batch of a change, which requires that the rows are as they are known.
pub(super) fn batch(state: &State, effects: &[Effect]) -> Result<Batch, TableError> {
    let mut batch = Batch::new();
    for effect in effects {
        match effect {
            Effect::Partner(partner) => {
                write(
                    &PARTNERS,
                    &mut batch,
                    &partner.id,
                    state.partners.get(&partner.id),
                    partner,
                )?;
            }
            Effect::Owned(group, owner) => {
                let before = state.owners.get(group);
                write(&GROUP_OWNERS, &mut batch, group, before, owner)?;
                note_owner(&mut batch, group, (before, Some(owner)), owner.since)?;
            }
            Effect::Disowned(group, at) => {
                let before = state.owners.get(group);
                remove(&GROUP_OWNERS, &mut batch, group, before)?;
                note_owner(&mut batch, group, (before, None), *at)?;
            }
            Effect::Person(person) => {
                write(&PEOPLE, &mut batch, &person.id, state.people.get(&person.id), person)?;
            }
            Effect::Grant(grant) => {
                write(&GRANTS, &mut batch, &grant.id, state.grants.get(&grant.id), grant)?;
            }
            Effect::Revoked(id) => remove(&GRANTS, &mut batch, id, state.grants.get(id))?,
        }
    }
    Ok(batch)
}

/// Notes in the batch of a change which partner a group had before and has from then on.
fn note_owner(
    batch: &mut Batch,
    group: &GroupId,
    (before, after): (Option<&Ownership>, Option<&Ownership>),
    at: Timestamp,
) -> Result<(), TableError> {
    let partner = |owner: &Ownership| owner.partner.clone();
    OWNER_CHANGES.note(batch, group.clone(), (before.map(partner), after.map(partner)), at)
}

/// The partners that owned groups at a moment of the past, out of those that own them now.
pub(super) async fn owners_at(
    store: &dyn Store,
    moment: Timestamp,
    now: BTreeMap<GroupId, PartnerId>,
) -> Result<BTreeMap<GroupId, PartnerId>, TableError> {
    OWNER_CHANGES.states_at(store, moment, now).await
}

fn write<K, V>(
    table: &Table<K, V>,
    batch: &mut Batch,
    key: &K,
    before: Option<&V>,
    value: &V,
) -> Result<(), TableError>
where
    Text: KeyCodec<K>,
    Json: ValueCodec<V>,
{
    match before {
        None => table.insert(batch, key, value),
        Some(before) => table.replace(batch, &table.written(key, before)?, value).map(drop),
    }
}

fn remove<K, V>(
    table: &Table<K, V>,
    batch: &mut Batch,
    key: &K,
    before: Option<&V>,
) -> Result<(), TableError>
where
    Text: KeyCodec<K>,
    Json: ValueCodec<V>,
{
    if let Some(before) = before {
        table.written(key, before)?.expect_unchanged(batch);
    }
    table.delete(batch, key);
    Ok(())
}
