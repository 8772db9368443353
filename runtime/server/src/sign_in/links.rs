//! One-time links, by which people choose a password: when they are invited, and when they have forgotten it.

use champollion_registry::RegistryError;
use champollion_store::{Batch, Seen, Store, Table, TableError, tables};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::settings::SignInSettings;
use crate::auth::{Secret, TokenHash};

const LINKS: Table<TokenHash, Link> = Table::new(tables::SIGN_IN_LINKS);

/// The links that are open.
pub struct Links {
    lifetime: SignedDuration,
}

/// A link without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The person who may choose a password by it.
    pub person: Uuid,
    /// The occasion of the link.
    pub kind: LinkKind,
    /// The moment at which it was made.
    pub created_at: Timestamp,
    /// The moment from which on it is of no use.
    pub expires_at: Timestamp,
}

/// The occasion of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// Somebody who looks after the account invites the person.
    Invitation,
    /// The person has forgotten the password.
    Reset,
}

/// The reason why a link is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// The store cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The change is not durable.
    #[error(transparent)]
    NotKept(#[from] RegistryError),
    /// There is no such link any more.
    #[error("this link is mistyped, was used, or its time is over: ask for a new one")]
    Unusable,
}

impl Links {
    /// Links that live as long as the settings say.
    #[must_use]
    pub fn new(settings: &SignInSettings) -> Self {
        Self { lifetime: settings.link_time() }
    }

    /// Makes a link for a person in a batch. Earlier ones of the person are of no use from then on.
    ///
    /// # Errors
    /// [`LinkError`] where the system gives no randomness, or the store does not say which there are.
    pub async fn make(
        &self,
        store: &dyn Store,
        (person, kind): (Uuid, LinkKind),
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<(Secret, Link), LinkError> {
        Self::end_all(store, person, batch, now).await?;
        let secret = Secret::of_link()?;
        let expires_at = now.saturating_add(self.lifetime).unwrap_or(now);
        let link = Link { person, kind, created_at: now, expires_at };
        LINKS.insert(batch, &secret.hash(), &link)?;
        Ok((secret, link))
    }

    /// Takes away the links of a person in a batch, and those whose time is over.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn end_all(
        store: &dyn Store,
        person: Uuid,
        batch: &mut Batch,
        now: Timestamp,
    ) -> Result<(), TableError> {
        let mut pages = LINKS.pages(store);
        while let Some(page) = pages.next().await? {
            let useless =
                page.iter().filter(|(_, link)| link.person == person || link.expires_at <= now);
            useless.for_each(|(hash, _)| LINKS.delete(batch, hash));
        }
        Ok(())
    }

    /// The link of a secret, and the row that its use takes away.
    ///
    /// # Errors
    /// [`LinkError::Unusable`] where there is none, or its time is over.
    pub async fn find(
        &self,
        store: &dyn Store,
        secret: &str,
        now: Timestamp,
    ) -> Result<(Link, UsedLink), LinkError> {
        let hash = TokenHash::of(secret);
        let (link, seen) = LINKS.get_seen(store, &hash).await?;
        let link = link.filter(|link| link.expires_at > now).ok_or(LinkError::Unusable)?;
        Ok((link, UsedLink { hash, seen }))
    }
}

/// A link that is about to be used.
pub struct UsedLink {
    hash: TokenHash,
    seen: Seen,
}

impl UsedLink {
    /// Takes the link away in a batch, which is refused where somebody else has used it meanwhile.
    pub fn remove(&self, batch: &mut Batch) {
        self.seen.expect_unchanged(batch);
        LINKS.delete(batch, &self.hash);
    }
}
