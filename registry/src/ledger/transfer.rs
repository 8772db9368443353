//! Transfers: the things that one registry has and another lacks, found by comparing their histories. Nothing
//! is done here.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use serde::Serialize;

use super::{
    event::{PublishedVersion, VersionName},
    history::History,
};
use crate::{
    channels::{Channel, Deprecation},
    keys::{PublicKey, PublisherKey},
    package::DecoderId,
};

/// A transfer from one registry to another. Things that are there already stay as they are, unless the other
/// is followed.
#[derive(Clone, Debug, Default)]
pub struct Transfer {
    /// Keys that are to be known before anything is published.
    pub keys: Vec<(PublicKey, PublisherKey)>,
    /// Versions that are to be published, as candidates, each after those that came before it.
    pub versions: Vec<PublishedVersion>,
    /// The steps to be taken then, in this order.
    pub steps: Vec<Step>,
    /// The obstacles that cannot be taken over.
    pub obstacles: Vec<Obstacle>,
}

/// A change after the versions are there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// A version was yanked there.
    Yank {
        /// The version that is yanked.
        #[serde(flatten)]
        name: VersionName,
        /// The reason of the act.
        reason: String,
    },
    /// A version is stable there.
    Promote(VersionName),
    /// The promotion of a version that follows one that was taken back there.
    Rollback {
        /// The decoder that is rolled back.
        id: DecoderId,
        /// The version to return to.
        to: Version,
    },
    /// A decoder is deprecated there.
    Deprecate {
        /// The decoder in question.
        id: DecoderId,
        /// Why, and what to use.
        #[serde(flatten)]
        deprecation: Deprecation,
    },
    /// A key was revoked there.
    RevokeKey {
        /// The key in question.
        key: PublicKey,
        /// The reason of the act.
        reason: String,
    },
}

/// A version that cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// The version in question.
    #[serde(flatten)]
    pub name: VersionName,
    /// The obstacle in words.
    pub reason: String,
}

impl Transfer {
    /// Compares `there` with `here`. A decoder that has no stable version here comes with its channels. Of
    /// all others new versions are candidates and nothing else changes, unless `follow` says that this
    /// registry is to do what the other one did.
    #[must_use]
    pub fn between(there: &History, here: &History, follow: bool) -> Self {
        let mut transfer = Self::default();
        let mut needed: BTreeMap<PublicKey, BTreeSet<String>> = BTreeMap::new();
        for published in there.in_order() {
            let PublishedVersion { id, version, digest, signature, .. } = published;
            match here.version(id, version) {
                Some(same) if same.digest == *digest => continue,
                Some(other) => {
                    let reason = format!("it is published here with the digest {}", other.digest);
                    transfer.stop(published, reason);
                    continue;
                }
                None => {}
            }
            if let Some(signature) = signature {
                if let Err(reason) = trusts(there, here, &signature.key, id.vendor(), follow) {
                    transfer.stop(published, reason);
                    continue;
                }
                needed.entry(signature.key).or_default().insert(id.vendor().to_owned());
            }
            transfer.versions.push(published.clone());
        }
        transfer.add_keys(there, here, needed);
        transfer.add_steps(there, here, follow);
        transfer
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.versions.is_empty() && self.steps.is_empty()
    }

    fn stop(&mut self, published: &PublishedVersion, reason: String) {
        let (id, version) = (published.id.clone(), published.version.clone());
        self.obstacles.push(Obstacle { name: VersionName { id, version }, reason });
    }

    fn add_keys(
        &mut self,
        there: &History,
        here: &History,
        needed: BTreeMap<PublicKey, BTreeSet<String>>,
    ) {
        for (key, vendors) in needed {
            let own = here.publishers().get(&key);
            let Some(known) = own.or_else(|| there.publishers().get(&key)) else { continue };
            let mut namespaces: BTreeSet<String> =
                own.into_iter().flat_map(|own| own.namespaces.iter().cloned()).collect();
            let before = namespaces.len();
            namespaces.extend(vendors);
            if namespaces.len() > before {
                let namespaces = namespaces.into_iter().collect();
                let known = PublisherKey { namespaces, revoked: None, ..known.clone() };
                self.keys.push((key, known));
            }
        }
    }

    fn add_steps(&mut self, there: &History, here: &History, follow: bool) {
        let is_new: BTreeSet<(DecoderId, Version)> = self
            .versions
            .iter()
            .map(|published| (published.id.clone(), published.version.clone()))
            .collect();
        let mut ids: BTreeSet<&DecoderId> = BTreeSet::new();
        let mut promotions = Vec::new();
        for published in there.in_order() {
            let (id, version) = (&published.id, &published.version);
            if ids.insert(id) {
                self.add_decoder(there, here, (id, follow), &is_new, &mut promotions);
            }
            let new = is_new.contains(&(id.clone(), version.clone()));
            let same = here.version(id, version).is_some_and(|own| own.digest == published.digest);
            let yanked = there.channels(id).yanked(version).map(str::to_owned);
            let is_yanked_here = here.channels(id).yanked(version).is_some();
            if let Some(reason) = yanked
                && (new || same && follow && !is_yanked_here)
            {
                let name = VersionName { id: id.clone(), version: version.clone() };
                self.steps.push(Step::Yank { name, reason });
            }
        }
        // A yanked version cannot be promoted, so who is yanked is known first.
        self.steps.extend(promotions);
        if follow {
            for (key, known) in there.publishers().keys() {
                let is_good = here.publishers().get(key).is_some_and(|own| own.revoked.is_none());
                if let (Some(reason), true) = (known.revoked.clone(), is_good) {
                    self.steps.push(Step::RevokeKey { key: *key, reason });
                }
            }
        }
    }

    fn add_decoder(
        &self,
        there: &History,
        here: &History,
        (id, follow): (&DecoderId, bool),
        is_new: &BTreeSet<(DecoderId, Version)>,
        steps: &mut Vec<Step>,
    ) {
        let (theirs, ours) = (there.channels(id), here.channels(id));
        if !ours.stable().is_empty() && !follow {
            return;
        }
        let is_here = |version: &&Version| {
            let digest = |history: &History| history.version(id, version).map(|of| of.digest);
            is_new.contains(&(id.clone(), (*version).clone())) || digest(here) == digest(there)
        };
        let given = theirs.stable().iter().filter(|version| theirs.yanked(version).is_none());
        let given = given.filter(|version| ours.yanked(version).is_none()).filter(is_here);
        for version in given.filter(|version| ours.channel(version) == Channel::Candidate) {
            let name = VersionName { id: id.clone(), version: version.clone() };
            steps.push(Step::Promote(name));
        }
        // Only where all that is stable there is stable here, and more came after it.
        if let Some(last) = theirs.stable().last()
            && ours.stable().len() > theirs.stable().len()
            && ours.stable().starts_with(theirs.stable())
        {
            steps.push(Step::Rollback { id: id.clone(), to: last.clone() });
        }
        if let Some(deprecation) = theirs.deprecated()
            && ours.deprecated() != Some(deprecation)
        {
            let (id, deprecation) = (id.clone(), deprecation.clone());
            steps.push(Step::Deprecate { id, deprecation });
        }
    }
}

/// Whether a key may be taken over for a vendor.
fn trusts(
    there: &History,
    here: &History,
    key: &PublicKey,
    vendor: &str,
    follow: bool,
) -> Result<(), String> {
    let own = here.publishers().get(key);
    if own.is_some_and(|own| own.revoked.is_some()) {
        return Err(format!("the key {key} was revoked here"));
    }
    if own.is_some_and(|own| own.namespaces.iter().any(|namespace| namespace == vendor)) {
        return Ok(());
    }
    if !follow && here.publishers().owns(vendor) {
        return Err(format!(
            "the namespace {vendor} belongs to other keys here: whoever trusts {key} too adds it with \
             `champollion registry keys add`"
        ));
    }
    if there.publishers().get(key).is_some_and(|known| known.revoked.is_some()) {
        return Err(format!(
            "the key {key} was revoked there since: whoever trusts it adds it with `champollion \
             registry keys add`"
        ));
    }
    Ok(())
}
