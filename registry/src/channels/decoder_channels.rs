//! Channels: the published versions that devices get.
//!
//! A version is a candidate until it is promoted: then it is stable, and devices whose requirement it
//! satisfies get it. A rollback takes back what was promoted last. Yanked versions are given to nobody
//! who asks by a requirement. A pin, `=1.2.3`, names its version whatever became of it.

use std::collections::{BTreeMap, BTreeSet};

use semver::{Op, Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::canary::CanaryRule;
use crate::package::DecoderRef;

/// The channel of a version, from candidate to stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// It is published, and given to whoever pins it.
    Candidate,
    /// It is given to all that it will do for.
    Stable,
}

/// Why a decoder should not be used any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Deprecation {
    /// The decoder to use in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<DecoderRef>,
    /// The reason, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The channels of one decoder: the state of each of its versions since they were published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Channels {
    /// The stable versions in the order in which they were promoted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stable: Vec<Version>,
    /// The same, to be looked up.
    #[serde(skip)]
    is_stable: BTreeSet<Version>,
    /// The yanked versions, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    yanked: BTreeMap<Version, String>,
    /// Why none of them should be used any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deprecated: Option<Deprecation>,
    /// The candidate that decodes live frames beside the stable version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shadow: Option<Version>,
    /// The candidate that a share of the devices gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    canary: Option<CanaryRule>,
}

impl Channels {
    /// Reads what the store keeps.
    pub(crate) fn read(value: &[u8]) -> Result<Self, serde_json::Error> {
        let mut channels: Self = serde_json::from_slice(value)?;
        channels.is_stable = channels.stable.iter().cloned().collect();
        Ok(channels)
    }

    /// The stable versions in the order in which they were promoted.
    #[must_use]
    pub fn stable(&self) -> &[Version] {
        &self.stable
    }

    /// Returns the channel of a version.
    #[must_use]
    pub fn channel(&self, version: &Version) -> Channel {
        if self.is_stable.contains(version) { Channel::Stable } else { Channel::Candidate }
    }

    /// Why a version was yanked, if it was.
    #[must_use]
    pub fn yanked(&self, version: &Version) -> Option<&str> {
        self.yanked.get(version).map(String::as_str)
    }

    /// Why the decoder should not be used any more, if so.
    #[must_use]
    pub fn deprecated(&self) -> Option<&Deprecation> {
        self.deprecated.as_ref()
    }

    /// The candidate that decodes live frames beside the stable version, if there is one.
    #[must_use]
    pub fn shadow(&self) -> Option<&Version> {
        self.shadow.as_ref()
    }

    /// Returns the rule of the canary, where one runs.
    #[must_use]
    pub fn canary(&self) -> Option<&CanaryRule> {
        self.canary.as_ref()
    }

    pub(crate) fn set_canary(&mut self, rule: Option<&CanaryRule>) {
        self.canary = rule.cloned();
    }

    /// Ends shadow and canary of a candidate that is a candidate no longer.
    fn end_trials(&mut self, version: &Version) {
        self.shadow = self.shadow.take().filter(|shadow| shadow != version);
        self.canary = self.canary.take().filter(|canary| canary.version != *version);
    }

    pub(crate) fn set_shadow(&mut self, version: Option<&Version>) {
        self.shadow = version.cloned();
    }

    /// Whether a version is given to those who ask by a requirement.
    pub(crate) fn gives(&self, version: &Version) -> bool {
        self.is_stable.contains(version) && !self.yanked.contains_key(version)
    }

    /// Whether no version of the same major version is stable.
    pub(crate) fn begins_major(&self, version: &Version) -> bool {
        self.stable.iter().all(|stable| stable.major != version.major)
    }

    /// The versions that a rollback takes back, the last first, and the one that is the last then: the
    /// version promoted before the last one, or the given one.
    pub(crate) fn before(&self, to: Option<&Version>) -> Option<(Vec<Version>, Version)> {
        let kept = match to {
            Some(to) => self.stable.iter().position(|version| version == to)? + 1,
            None => self.stable.len().checked_sub(1)?,
        };
        let last = self.stable.get(kept.checked_sub(1)?)?.clone();
        let withdrawn: Vec<Version> = self.stable[kept..].iter().rev().cloned().collect();
        (!withdrawn.is_empty()).then_some((withdrawn, last))
    }

    pub(crate) fn promote(&mut self, version: &Version) {
        if self.is_stable.insert(version.clone()) {
            self.stable.push(version.clone());
        }
        self.end_trials(version);
    }

    pub(crate) fn withdraw(&mut self, versions: &[Version]) {
        self.stable.retain(|stable| !versions.contains(stable));
        self.is_stable.retain(|stable| !versions.contains(stable));
    }

    pub(crate) fn yank(&mut self, version: &Version, reason: &str) {
        self.yanked.insert(version.clone(), reason.to_owned());
        self.end_trials(version);
    }

    pub(crate) fn unyank(&mut self, version: &Version) {
        self.yanked.remove(version);
    }

    pub(crate) fn deprecate(&mut self, deprecation: &Deprecation) {
        // Without a word it is taken back.
        self.deprecated = (*deprecation != Deprecation::default()).then(|| deprecation.clone());
    }
}

/// The one version that a requirement names, if it does: `=1.2.3` with all three numbers.
pub(crate) fn pinned(requirement: &VersionReq) -> Option<Version> {
    match requirement.comparators.as_slice() {
        [only] if only.op == Op::Exact => {
            let mut version = Version::new(only.major, only.minor?, only.patch?);
            version.pre = only.pre.clone();
            Some(version)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    fn stable(versions: &[&str]) -> Channels {
        let mut channels = Channels::default();
        versions.iter().for_each(|text| channels.promote(&version(text)));
        channels
    }

    #[test]
    fn a_pin_names_all_three_numbers() {
        for (requirement, expected) in [
            ("=1.2.3", Some("1.2.3")),
            ("=1.2.3-rc.1", Some("1.2.3-rc.1")),
            ("=1.2", None),
            ("^1.2.3", None),
            ("=1.2.3, <2", None),
            ("*", None),
        ] {
            let found = pinned(&requirement.parse().unwrap()).map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected, "{requirement}");
        }
    }

    #[test]
    fn a_rollback_takes_back_what_was_promoted_last() {
        let channels = stable(&["1.0.0", "2.0.0", "1.1.0"]);
        let rolled = |to: Option<&str>| {
            channels.before(to.map(version).as_ref()).map(|(withdrawn, last)| {
                let withdrawn: Vec<String> = withdrawn.iter().map(Version::to_string).collect();
                (withdrawn.join(" "), last.to_string())
            })
        };
        let some = |withdrawn: &str, last: &str| Some((withdrawn.to_owned(), last.to_owned()));
        assert_eq!(rolled(None), some("1.1.0", "2.0.0"));
        assert_eq!(rolled(Some("1.0.0")), some("1.1.0 2.0.0", "1.0.0"));
        assert_eq!(rolled(Some("1.1.0")), None, "it is the last already");
        assert_eq!(rolled(Some("3.0.0")), None, "it was never promoted");
        assert_eq!(stable(&["1.0.0"]).before(None), None, "there is nothing before it");
        assert_eq!(stable(&[]).before(None), None);
    }

    #[test]
    fn what_the_store_keeps_is_read_as_it_was() {
        let mut channels = stable(&["1.0.0", "1.1.0"]);
        channels.yank(&version("1.0.0"), "wrong sign");
        let successor = Some("acme/b@^2".parse().unwrap());
        channels.deprecate(&Deprecation { successor, reason: "old".into() });
        let kept = serde_json::to_vec(&channels).unwrap();
        assert_eq!(Channels::read(&kept).unwrap(), channels);
        assert!(!channels.gives(&version("1.0.0")) && channels.gives(&version("1.1.0")));
        channels.unyank(&version("1.0.0"));
        assert!(channels.gives(&version("1.0.0")));
        channels.deprecate(&Deprecation::default());
        assert_eq!(channels.deprecated(), None);
        channels.withdraw(&[version("1.1.0")]);
        assert!(!channels.gives(&version("1.1.0")));
    }
}
