//! Tokens that are revoked under load: two seconds later no node takes anything by them, whatever happens to the node.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;
use champollion_client::{ClientError, PhyFrame, Role, TokenRequest};

use super::{
    super::{chance::Chance, lock},
    World,
    clients::Clients,
};
use crate::meters::Meter;

/// The time within which a token is refused everywhere.
const REVOKED_WITHIN: Duration = Duration::from_secs(2);

/// Between two attempts at a token that was revoked.
const PAUSE: Duration = Duration::from_millis(120);

/// The status of an answer that says that there is no such token.
const NOT_FOUND: u16 = 404;

/// The status of an answer to a token that was revoked.
const UNAUTHORIZED: u16 = 401;

/// The tokens that were revoked, with the moment at which that was acknowledged.
#[derive(Default)]
pub(super) struct Revoked {
    tokens: Mutex<Vec<(String, Instant)>>,
    /// The number of answers that refused one.
    refusals: AtomicU64,
}

impl Revoked {
    /// Makes a token, has every node know it, and revokes it.
    pub(super) fn revoke_one(&self, world: &World, chance: &mut Chance) -> Result<()> {
        let admin = Clients::of(world, &world.admin_token)?;
        let number = self.all().len();
        let wish = TokenRequest::new(format!("to be revoked {number}"), Role::Lns);
        let made = admin.insist(world, chance, |client| {
            let wish = wish.clone();
            async move { Ok(client.create_token(&wish).await?.into_value()) }
        })?;
        let holder = Clients::of(world, &made.token)?;
        for number in 0..world.nodes.len() {
            if let Some(client) = holder.of_node(world, number) {
                // For that the node reads the token, and keeps it in memory.
                drop(holder.wait(client.me()));
            }
        }
        let id = &made.info.id;
        admin.insist(world, chance, |client| async move {
            match client.revoke_token(id).await {
                // An attempt before has done it, and its answer was lost.
                Err(ClientError::Refused(problem)) if problem.status == NOT_FOUND => Ok(()),
                answer => answer,
            }
        })?;
        self.all().push((made.token, Instant::now()));
        Ok(())
    }

    /// Hands frames of a meter over by tokens that were revoked, until everything is over.
    pub(super) fn try_again_and_again(&self, mut meter: Meter, world: &World, mut chance: Chance) {
        let Ok(home) = Clients::of(world, "") else { return };
        let mut frame = meter.frame();
        while !world.over.load(Ordering::Relaxed) {
            if self.is_taken(&home, &frame, world, &mut chance) {
                frame = meter.frame();
            }
            thread::sleep(PAUSE);
        }
    }

    fn is_taken(&self, home: &Clients, frame: &str, world: &World, chance: &mut Chance) -> bool {
        let Ok(frame) = serde_json::from_str::<PhyFrame>(frame) else { return false };
        let Some((token, revoked)) = self.choose(chance) else { return false };
        let node = world.any_node(chance);
        let Some(client) = home.of_node(world, node) else { return false };
        let (client, late) = (client.with_token(&token), revoked.elapsed());
        let is_taken = match home.wait(client.ingest_phy(&frame)) {
            Some(Ok(_)) => true,
            Some(Err(ClientError::Refused(problem))) if problem.status == UNAUTHORIZED => {
                self.refusals.fetch_add(1, Ordering::Relaxed);
                false
            }
            _ => false,
        };
        if is_taken && late > REVOKED_WITHIN {
            let number = world.nodes[node].number;
            lock(&world.ledger).violate(format!(
                "node {number} takes a frame by a token that was revoked {late:?} before"
            ));
        }
        is_taken
    }

    /// The number of answers that refused a token that was revoked.
    pub(super) fn refusals(&self) -> u64 {
        self.refusals.load(Ordering::Relaxed)
    }

    /// Whether tokens were revoked, and none of them was ever refused.
    pub(super) fn was_never_refused(&self) -> bool {
        !self.all().is_empty() && self.refusals() == 0
    }

    /// One that was revoked: mostly the last.
    fn choose(&self, chance: &mut Chance) -> Option<(String, Instant)> {
        let all = self.all();
        let last = all.len().checked_sub(1)?;
        let index =
            if chance.below(3) == 0 { chance.below(all.len() as u64) as usize } else { last };
        all.get(index).cloned()
    }

    fn all(&self) -> MutexGuard<'_, Vec<(String, Instant)>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
