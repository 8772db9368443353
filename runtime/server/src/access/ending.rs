//! The end of rights: answers that go on for long end with the right to them.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use champollion_fleet::{
    grants::Place,
    names::{GroupId, SubGroup},
};
use jiff::Timestamp;

use crate::{
    auth::{Reach, Scope, Standing},
    service::Service,
};

/// The longest that the end of a token is slept towards: the clock may be set meanwhile.
const EXPIRY_LOOK: Duration = Duration::from_secs(1);

impl Service {
    /// Waits until a token gives no right any more to a thing in a group, or in one of the parts of it that are named: it
    /// is revoked or has expired, its person is suspended, or a grant has ended.
    pub(crate) async fn right_ended(&self, token: &str, scope: Scope, of: (&GroupId, &[SubGroup])) {
        let (mut revoked, mut changed) = (self.tokens.revocations(), self.roster.changes());
        let mut signed_out = self.sessions.ends();
        while self.has_right(token, scope, of) {
            // The senders live as long as this.
            tokio::select! {
                _ = revoked.changed() => {}
                _ = changed.changed() => {}
                _ = signed_out.changed() => {}
                () = tokio::time::sleep(EXPIRY_LOOK) => {}
            }
        }
    }

    /// Whether a token gives a right to a thing in a group, or in all of the parts of it that are named.
    pub(crate) fn has_right(
        &self,
        token: &str,
        scope: Scope,
        (group, parts): (&GroupId, &[SubGroup]),
    ) -> bool {
        let having = self.having(token, scope);
        let places = having.into_iter().filter_map(|standing| standing.place).collect();
        Reach::of(places, Arc::clone(&self.roster)).has_all(group, parts)
    }

    /// Whether a token gives a right wherever it may be.
    pub(crate) fn has_right_somewhere(&self, token: &str, scope: Scope) -> bool {
        !self.having(token, scope).is_empty()
    }

    /// Whether a token still gives a right in each of the places in which it gave it.
    pub(crate) fn keeps_right(&self, token: &str, scope: Scope, places: &[Place]) -> bool {
        let having = self.having(token, scope);
        let has =
            |place: &Place| having.iter().any(|standing| standing.place.as_ref() == Some(place));
        !having.is_empty() && places.iter().all(has)
    }

    /// The roles of a token in force that give a right.
    fn having(&self, token: &str, scope: Scope) -> Vec<Standing> {
        let Some((mut standings, scopes)) = self.rights_of(token) else { return Vec::new() };
        if scopes.is_some_and(|own| !scope.is_among(&own)) {
            return Vec::new();
        }
        standings.retain(|standing| scope.is_of(standing.role));
        standings
    }

    /// The roles, and the scopes where there are fewer, of the token or the session of an id.
    fn rights_of(&self, id: &str) -> Option<(Vec<Standing>, Option<BTreeSet<Scope>>)> {
        let now = Timestamp::now();
        if let Some(info) = self.tokens.in_force(id, now) {
            return Some((self.holder_of(&info)?.1, info.scopes));
        }
        let session = self.sessions.in_force(id, self.tokens.last_uses(), now)?;
        Some((self.person_in_force(session.person)?.1, None))
    }
}
