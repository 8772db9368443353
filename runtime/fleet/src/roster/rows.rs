//! The rows of the roster in the store.

use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{Json, KeyCodec, Text, ValueCodec},
    tables,
};
use uuid::Uuid;

use super::{change::Effect, state::State};
use crate::{
    grants::Grant,
    names::{GroupId, PartnerId},
    partners::{Ownership, Partner},
    people::Person,
};

const PARTNERS: Table<PartnerId, Partner> = Table::new(tables::PARTNERS);
const GROUP_OWNERS: Table<GroupId, Ownership> = Table::new(tables::GROUP_OWNERS);
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
                write(&GROUP_OWNERS, &mut batch, group, state.owners.get(group), owner)?;
            }
            Effect::Disowned(group) => {
                remove(&GROUP_OWNERS, &mut batch, group, state.owners.get(group))?;
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
