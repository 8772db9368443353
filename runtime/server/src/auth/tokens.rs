//! All tokens: made, listed, revoked, recognized.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, OnceLock},
};

use champollion_fleet::{grants::Place, names::GroupId, people::PeopleLimits};
use champollion_registry::ledger::AuditEntry;
use champollion_store::{Batch, Store, Table, TableError, tables};
use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard, watch};
use uuid::Uuid;

use super::{
    error::{AuthError, TokenError},
    issued::{NewToken, TokenInfo, TokenRequest},
    last_uses::{LastUses, Used},
    token::{Role, TokenHash},
};
use crate::{
    authors::Author,
    quotas::{Quota, QuotaExceeded, Quotas, Reservation, Reservations},
};

const TOKENS: Table<TokenHash, TokenInfo> = Table::new(tables::TOKENS);

/// All tokens, in memory; the store keeps what is needed to have them again.
pub struct Tokens {
    /// Held for a look-up or an insertion, never across an await.
    known: RwLock<HashMap<TokenHash, TokenInfo>>,
    quotas: OnceLock<(Arc<Quotas>, PeopleLimits)>,
    reserved: Reservations,
    /// Held while a token is made or revoked: of two admins one must stay, and tokens of people are counted.
    revoking: Mutex<()>,
    /// Changes whenever a token was revoked.
    revoked: watch::Sender<()>,
    last_uses: LastUses,
}

/// The time before the end of the last admin token from which on the log and `/readyz` warn.
pub(crate) const ADMIN_ENDS_SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// For how long somebody can administer the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminOutlook {
    /// There is an admin token that never ends.
    Lasting,
    /// The last admin token ends then.
    Until(Timestamp),
    /// No admin token is valid any more.
    Over,
}

impl Tokens {
    /// Reads all tokens from the store.
    pub async fn open(store: Arc<dyn Store>) -> Result<Self, TokenError> {
        let mut known = HashMap::new();
        let mut pages = TOKENS.pages(&*store);
        while let Some(page) = pages.next().await? {
            known.extend(page);
        }
        let (known, revoked) = (RwLock::new(known), watch::channel(()).0);
        let (quotas, reserved) = (OnceLock::new(), Reservations::default());
        let last_uses = LastUses::open(&*store).await?;
        Ok(Self { known, quotas, reserved, revoking: Mutex::default(), revoked, last_uses })
    }

    /// Whether there is none, as when the server starts for the first time.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.read().is_empty()
    }

    /// Makes a token and keeps it.
    pub async fn create(
        &self,
        wish: TokenRequest,
        now: Timestamp,
        author: &dyn Author,
    ) -> Result<NewToken, TokenError> {
        let TokenRequest { name, role, scopes, expires_at, network_server, created_by } = wish;
        let _place = self.reserve(&role, now).await?;
        let _alone = self.revoking.lock().await;
        self.check_count(&role, now)?;
        let token = NewToken::issue(&name, role, now, expires_at)?;
        let mut token = token.narrowed_to(scopes)?.bound_to(network_server);
        token.info.created_by = created_by;
        self.keep(&token, author).await?;
        Ok(token)
    }

    /// Bounds the tokens of each group, person and partner from now on. Tokens that there are stay.
    pub fn limit_by(&self, quotas: Arc<Quotas>, people: PeopleLimits) {
        // The first ones stay.
        drop(self.quotas.set((quotas, people)));
    }

    /// Reserves a place for a token of a group.
    async fn reserve(
        &self,
        role: &Role,
        now: Timestamp,
    ) -> Result<Option<Reservation>, QuotaExceeded> {
        let (Some((quotas, _)), Some(group)) = (self.quotas.get(), role.group()) else {
            return Ok(None);
        };
        let limit = quotas.of(group).tokens;
        let place = self.reserved.reserve(group, 1, limit, || self.count_of(group, now)).await;
        let exceeded = |used| {
            let (group, quota) = (group.clone(), Quota::Tokens);
            QuotaExceeded { group, quota, used, wanted: 1, limit }
        };
        place.map(Some).map_err(exceeded)
    }

    /// Checks that a person, or a partner as a whole, may have one token more.
    fn check_count(&self, role: &Role, now: Timestamp) -> Result<(), TokenError> {
        let is_of_partner =
            matches!(role.standing().and_then(|standing| standing.place), Some(Place::Partner(_)));
        let Some((_, PeopleLimits { tokens: limit, .. })) = self.quotas.get() else {
            return Ok(());
        };
        if role.person().is_none() && !is_of_partner {
            return Ok(());
        }
        let place = |role: &Role| role.standing().and_then(|standing| standing.place);
        let is_alike = |other: &Role| match role.person() {
            Some(person) => other.person() == Some(person),
            None => place(other) == place(role),
        };
        let known = self.known.read();
        let lives = |info: &&TokenInfo| info.expires_at.is_none_or(|expiry| expiry > now);
        let used = known.values().filter(lives).filter(|info| is_alike(&info.role)).count();
        match used < *limit {
            true => Ok(()),
            false => Err(TokenError::TooMany { limit: *limit }),
        }
    }

    /// Returns the number of tokens of a group that have not expired.
    #[must_use]
    pub fn count_of(&self, group: &GroupId, now: Timestamp) -> usize {
        let known = self.known.read();
        let lives = |info: &&TokenInfo| info.expires_at.is_none_or(|expiry| expiry > now);
        let own = |info: &&TokenInfo| info.role.group() == Some(group);
        known.values().filter(lives).filter(own).count()
    }

    /// Lets in from now on who presents this token.
    pub async fn keep(&self, token: &NewToken, author: &dyn Author) -> Result<(), TokenError> {
        let (hash, info) = (token.secret.hash(), &token.info);
        let mut batch = Batch::new();
        TOKENS.put(&mut batch, &hash, info)?;
        let act = AuditEntry::of_act("token-create", &info.id).with(json!(info));
        author.commit(batch, act).await?;
        self.known.write().insert(hash, info.clone());
        Ok(())
    }

    /// Ends a token at once, unless nobody could administer the server without it. `people` gives those who do.
    pub async fn revoke(
        &self,
        id: &str,
        people: &(dyn Fn() -> Vec<Uuid> + Send + Sync),
        now: Timestamp,
        author: &dyn Author,
    ) -> Result<TokenInfo, TokenError> {
        let _alone = self.revoking.lock().await;
        let people = people();
        let administrators = Administrators(&people);
        let (hash, info) = self.found(id).ok_or_else(|| TokenError::NoSuchToken(id.to_owned()))?;
        let is_admin = |info: &TokenInfo| administrators.administers(info, now);
        if is_admin(&info)
            && !self.known.read().values().any(|other| other.id != id && is_admin(other))
        {
            return Err(TokenError::LastAdmin(info.name));
        }
        let mut batch = Batch::new();
        let ended = self.end(vec![(hash, info.id.clone())], &mut batch);
        let act = AuditEntry::of_act("token-revoke", id).with(json!(info));
        author.commit(batch, act.essential()).await?;
        self.forget(&ended);
        Ok(info)
    }

    /// Notes at a review of rights that a token is still right.
    pub async fn confirm(
        &self,
        id: &str,
        now: Timestamp,
        author: &dyn Author,
    ) -> Result<TokenInfo, TokenError> {
        let _alone = self.revoking.lock().await;
        let (hash, info) = self.found(id).ok_or_else(|| TokenError::NoSuchToken(id.to_owned()))?;
        let info = TokenInfo { confirmed_at: Some(now), ..info };
        let mut batch = Batch::new();
        TOKENS.put(&mut batch, &hash, &info)?;
        author.commit(batch, AuditEntry::of_act("token-confirm", id).with(json!(info))).await?;
        self.known.write().insert(hash, info.clone());
        Ok(info)
    }

    /// Ends all tokens of a person in a batch, for good; they are forgotten by [`forget`](Self::forget) once it is
    /// durable. The turn of [`keeping_all`](Self::keeping_all) goes on until then.
    pub fn end_all(
        &self,
        person: Uuid,
        _turn: &MutexGuard<'_, ()>,
        batch: &mut Batch,
    ) -> EndedTokens {
        let known = self.known.read();
        let own = known.iter().filter(|(_, info)| info.role.person() == Some(person));
        let ended: Vec<_> = own.map(|(hash, info)| (*hash, info.id.clone())).collect();
        drop(known);
        self.end(ended, batch)
    }

    /// Ends tokens in a batch, each with its id, and what is kept of them.
    fn end(&self, ended: Vec<(TokenHash, String)>, batch: &mut Batch) -> EndedTokens {
        for (hash, id) in &ended {
            TOKENS.delete(batch, hash);
            self.last_uses.forget(batch, Used::Token(id));
        }
        EndedTokens(ended)
    }

    /// Forgets tokens whose end is durable.
    pub fn forget(&self, ended: &EndedTokens) {
        let mut known = self.known.write();
        ended.0.iter().for_each(|(hash, _)| drop(known.remove(hash)));
        drop(known);
        self.revoked.send_replace(());
    }

    fn found(&self, id: &str) -> Option<(TokenHash, TokenInfo)> {
        let known = self.known.read();
        known.iter().find(|(_, info)| info.id == id).map(|(hash, info)| (*hash, info.clone()))
    }

    /// Reads again the tokens of these keys, which another node has changed.
    ///
    /// # Errors
    /// The store cannot be read, and the tokens are as before.
    pub(crate) async fn refresh(
        &self,
        store: &dyn Store,
        keys: &BTreeSet<Vec<u8>>,
    ) -> Result<(), TableError> {
        // Not between the commit of a change of this node and its end in memory.
        let _alone = self.revoking.lock().await;
        for key in keys {
            let hash = TOKENS.key_of(key)?;
            let info = TOKENS.get(store, &hash).await?;
            let mut known = self.known.write();
            match info {
                Some(info) => drop(known.insert(hash, info)),
                None => drop(known.remove(&hash)),
            }
        }
        self.revoked.send_replace(());
        Ok(())
    }

    /// Waits for a turn in which no token is revoked.
    pub async fn keeping_all(&self) -> MutexGuard<'_, ()> {
        self.revoking.lock().await
    }

    /// Whether a token would be left that administers the server.
    #[must_use]
    pub fn any_administers(&self, administrators: &Administrators<'_>, now: Timestamp) -> bool {
        self.known.read().values().any(|info| administrators.administers(info, now))
    }

    /// Tells of tokens that are revoked.
    #[must_use]
    pub fn revocations(&self) -> watch::Receiver<()> {
        self.revoked.subscribe()
    }

    /// Returns a token by its id, where it is there and has not expired.
    #[must_use]
    pub fn in_force(&self, id: &str, now: Timestamp) -> Option<TokenInfo> {
        let known = self.known.read();
        let info = known.values().find(|info| info.id == id)?;
        info.expires_at.is_none_or(|expiry| expiry > now).then(|| info.clone())
    }

    /// The moments at which tokens and grants were last used.
    #[must_use]
    pub fn last_uses(&self) -> &LastUses {
        &self.last_uses
    }

    /// For how long somebody can administer the server.
    #[must_use]
    pub fn admin_outlook(
        &self,
        administrators: &Administrators<'_>,
        now: Timestamp,
    ) -> AdminOutlook {
        let known = self.known.read();
        let admins = || known.values().filter(|info| administrators.administers(info, now));
        if admins().any(|info| info.expires_at.is_none()) {
            return AdminOutlook::Lasting;
        }
        admins()
            .filter_map(|info| info.expires_at)
            .max()
            .map_or(AdminOutlook::Over, AdminOutlook::Until)
    }

    /// All tokens, the oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<TokenInfo> {
        let known = self.known.read();
        let mut all: Vec<TokenInfo> = known.values().cloned().collect();
        all.sort_by(|left, right| (left.created_at, &left.id).cmp(&(right.created_at, &right.id)));
        all
    }

    /// Recognizes a token by its secret.
    pub fn recognize(&self, presented: &str, now: Timestamp) -> Result<TokenInfo, AuthError> {
        let known = self.known.read();
        let info = known.get(&TokenHash::of(presented)).ok_or(AuthError::Unknown)?;
        match info.expires_at {
            Some(expiry) if expiry <= now => Err(AuthError::Expired(expiry)),
            _ => Ok(info.clone()),
        }
    }
}

/// Tokens that end in a batch.
pub struct EndedTokens(Vec<(TokenHash, String)>);

impl EndedTokens {
    /// The ids of the tokens.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, id)| id.as_str())
    }
}

/// The people who administer the server, as far as a judgement of tokens needs to know.
pub struct Administrators<'of>(pub &'of [Uuid]);

impl Administrators<'_> {
    /// Whether the holder of a token can administer everything at a moment.
    fn administers(&self, info: &TokenInfo, now: Timestamp) -> bool {
        let is_admin = match &info.role {
            Role::Admin => true,
            Role::Person { person } => self.0.contains(person),
            _ => false,
        };
        is_admin && info.scopes.is_none() && info.expires_at.is_none_or(|expiry| expiry > now)
    }
}

#[cfg(test)]
mod tests {
    use champollion_store::{SledOptions, SledStore};

    use super::*;
    use crate::authors::Unaudited;

    fn wish(role: Role) -> TokenRequest {
        let name = "a token".to_owned();
        let (scopes, expires_at, network_server, created_by) = (None, None, None, None);
        TokenRequest { name, role, scopes, expires_at, network_server, created_by }
    }

    #[tokio::test]
    async fn all_tokens_of_a_person_end_for_good_and_those_of_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let author = Unaudited(Arc::clone(&store));
        let tokens = Tokens::open(Arc::clone(&store)).await.unwrap();
        let (ada, bob, now) = (Uuid::now_v7(), Uuid::now_v7(), Timestamp::now());
        let mut secrets = Vec::new();
        for role in
            [ada, ada, bob].map(|person| Role::Person { person }).into_iter().chain([Role::Admin])
        {
            let made = tokens.create(wish(role), now, &author).await.unwrap();
            tokens.last_uses().note(Used::Token(&made.info.id), now);
            secrets.push((made.secret.reveal().to_owned(), made.info.id));
        }
        tokens.last_uses().write(&*store, true).await.unwrap();
        let let_in = |tokens: &Tokens| -> Vec<bool> {
            secrets.iter().map(|(secret, _)| tokens.recognize(secret, now).is_ok()).collect()
        };
        assert_eq!(let_in(&tokens), [true; 4]);

        let mut told = tokens.revocations();
        let turn = tokens.keeping_all().await;
        let mut batch = Batch::new();
        let ended = tokens.end_all(ada, &turn, &mut batch);
        let ids: BTreeSet<&str> = ended.ids().collect();
        let own: BTreeSet<&str> = secrets.iter().take(2).map(|(_, id)| id.as_str()).collect();
        assert_eq!(ids, own);
        assert_eq!(let_in(&tokens), [true; 4], "nothing has ended before it is durable");
        store.commit(batch).await.unwrap();
        tokens.forget(&ended);
        drop(turn);
        assert!(told.has_changed().unwrap(), "streams end");
        told.mark_unchanged();
        assert_eq!(let_in(&tokens), [false, false, true, true]);

        let again = Tokens::open(Arc::clone(&store)).await.unwrap();
        assert_eq!(let_in(&again), [false, false, true, true]);
        let is_noted = |id: &str| again.last_uses().of(Used::Token(id)).is_some();
        let noted: Vec<bool> = secrets.iter().map(|(_, id)| is_noted(id)).collect();
        assert_eq!(noted, [false, false, true, true], "what is gone leaves no row behind");
    }
}
