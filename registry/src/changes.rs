//! Changes which versions devices get: promote, rollback, yank, unyank, deprecate.

use champollion_store::Batch;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{
    channels::{CanaryRule, Channel, Channels, Deprecation},
    error::RegistryError,
    ledger::{Actor, AuditEntry, CHANNELS, IndexEvent, ResolveError, Rivals, VersionName},
    package::{DecoderId, DecoderRef},
    registry::Registry,
};

/// A change of a decoder's channels.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A version becomes stable; without one the highest candidate above the stable ones.
    Promote(Option<Version>),
    /// The version that was promoted last, or all after a certain one, are stable no longer.
    Rollback(Option<Version>),
    /// A candidate decodes live frames beside the stable version; without one none does any more.
    Shadow(Option<Version>),
    /// A share of the devices gets a candidate.
    Canary(CanaryRule),
    /// None does any more, for a reason.
    EndCanary(String),
    /// A version is given to nobody who does not pin it, for a reason.
    Yank(Version, String),
    /// A yanked version may be given again.
    Unyank(Version),
    /// The decoder should not be used any more; with nothing said it may again.
    Deprecate(Deprecation),
}

/// The mandate of a change: its author, its moment, and whether it is only tried.
#[derive(Clone, Debug)]
pub struct Mandate {
    /// The author of the change.
    pub by: Actor,
    /// The moment of the change.
    pub at: Timestamp,
    /// Nothing is changed; it is only told what would be.
    pub dry_run: bool,
}

/// The result of a change, or of a trial of one.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The event as the index has it.
    #[serde(flatten)]
    pub event: IndexEvent,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// The requirements that get another version through the change.
    pub effects: Vec<Effect>,
    /// The devices that ask for the version which is promoted or tried; absent for other changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asking: Option<Asking>,
}

/// The devices that ask for a decoder, and those of them that ask for a version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Asking {
    /// The devices whose requirement is met by the version. There are none as long as a new major version is not asked
    /// for, and then nobody gets it.
    pub devices: usize,
    /// All devices that ask for the decoder.
    pub of: usize,
}

/// A requirement that gets another version.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// The requirement that devices have.
    pub wanted: DecoderRef,
    /// The version that the requirement got before.
    #[schema(required, value_type = Option<String>)]
    pub from: Option<Version>,
    /// The version that the requirement gets now.
    #[schema(required, value_type = Option<String>)]
    pub to: Option<Version>,
    /// The number of devices with this requirement.
    pub devices: usize,
}

/// Why the channels of a decoder were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such version.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It is so already.
    #[error("{id} {version} is {state} already")]
    Already {
        /// The name of the decoder.
        id: DecoderId,
        /// The version of the decoder.
        version: Version,
        /// The state that the version is in.
        state: &'static str,
    },
    /// A derived decoder is not tried on live frames.
    #[error(
        "{id} is a derived decoder: it runs on readings, and no version of it is tried on live frames. \
         `champollion registry rehearse {id}@{version}` compares it over the records that are kept"
    )]
    Derived {
        /// The name of the decoder.
        id: DecoderId,
        /// The version of the decoder.
        version: Version,
    },
    /// A version that is yanked is not promoted.
    #[error("{id} {version} is yanked ({reason}): `unyank` it first")]
    Yanked {
        /// The name of the decoder.
        id: DecoderId,
        /// The version of the decoder.
        version: Version,
        /// Why it was yanked.
        reason: String,
    },
    /// There is no candidate that could be promoted.
    #[error("{0} has no candidate that is higher than its stable versions: name the version")]
    NoCandidate(DecoderId),
    /// A rollback would leave nothing.
    #[error(
        "{id} cannot be rolled back{}: no earlier stable version fits; promoted were, in this order, {promoted}",
        of(to)
    )]
    NothingBefore {
        /// The name of the decoder.
        id: DecoderId,
        /// The version that was named, if one was.
        to: Option<Version>,
        /// The stable versions in the order of their promotion.
        promoted: String,
    },
    /// No device gets a candidate.
    #[error("no device gets a candidate of {0}")]
    NoCanary(DecoderId),
    /// No candidate runs beside the stable version.
    #[error("no candidate of {0} runs beside its stable version")]
    NoShadow(DecoderId),
    /// A version that is not yanked cannot be unyanked.
    #[error("{id} {version} is not yanked")]
    NotYanked {
        /// The name of the decoder.
        id: DecoderId,
        /// The version of the decoder.
        version: Version,
    },
    /// It could not be kept.
    #[error(transparent)]
    Registry(Box<RegistryError>),
}

fn of(to: &Option<Version>) -> String {
    to.as_ref().map(|version| format!(" to {version}")).unwrap_or_default()
}

impl From<RegistryError> for ChangeError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl Asking {
    fn of(id: &DecoderId, version: &Version, asked: &[(DecoderRef, usize)]) -> Self {
        let mut asking = Self { devices: 0, of: 0 };
        for (wanted, devices) in asked.iter().filter(|(wanted, _)| wanted.id == *id) {
            asking.of += devices;
            if wanted.requirement.matches(version) {
                asking.devices += devices;
            }
        }
        asking
    }
}

impl Registry {
    /// Changes which versions of a decoder devices get. It is effective at once; frames under way are
    /// decoded by the version that they got. `asked` is what devices ask for and how many do, to tell
    /// what it does to them.
    pub async fn change(
        &self,
        id: &DecoderId,
        change: &Change,
        mandate: &Mandate,
        asked: &[(DecoderRef, usize)],
    ) -> Result<Changed, ChangeError> {
        let mut rivals = Rivals::default();
        loop {
            match self.try_to_change(id, change, mandate, asked).await {
                Err(ChangeError::Registry(error)) if rivals.let_try_again(error.is_behind()) => {
                    self.catch_up().await?;
                }
                other => return other,
            }
        }
    }

    async fn try_to_change(
        &self,
        id: &DecoderId,
        change: &Change,
        mandate: &Mandate,
        asked: &[(DecoderRef, usize)],
    ) -> Result<Changed, ChangeError> {
        let mut turn = self.journal.turn().await;
        let before = self.channels(id)?;
        let event = self.event(id, change, &before)?;
        let mut after = before.clone();
        event.apply(&mut after);
        let effects = self.effects(id, &after, asked);
        let asking = event.offered().map(|version| Asking::of(id, version, asked));
        if !mandate.dry_run {
            let mut batch = Batch::new();
            CHANNELS.put(&mut batch, id, &after).map_err(RegistryError::from)?;
            let audit = AuditEntry::of(&event, &mandate.by);
            let written = turn.commit(batch, mandate.at, Some(&event), audit).await;
            written.map_err(RegistryError::from)?;
            self.index_mut().entry(id.clone()).or_default().set_channels(after);
        }
        Ok(Changed { event, dry_run: mandate.dry_run, effects, asking })
    }

    /// Returns the event of a change, where the change can be made.
    fn event(
        &self,
        id: &DecoderId,
        change: &Change,
        channels: &Channels,
    ) -> Result<IndexEvent, ChangeError> {
        let named = |version: &Version| -> Result<VersionName, ResolveError> {
            self.entry(id, version)?;
            Ok(VersionName { id: id.clone(), version: version.clone() })
        };
        let of_payloads = |version: &Version| match self.entry(id, version)?.manifest.derived {
            Some(_) => Err(ChangeError::Derived { id: id.clone(), version: version.clone() }),
            None => Ok(()),
        };
        let already = |version: &Version, state| {
            let (id, version) = (id.clone(), version.clone());
            ChangeError::Already { id, version, state }
        };
        Ok(match change {
            Change::Promote(version) => {
                let version = match version {
                    Some(version) => version.clone(),
                    None => self.candidate(id, channels)?,
                };
                let name = named(&version)?;
                if let Some(reason) = channels.yanked(&version) {
                    let (id, reason) = (id.clone(), reason.to_owned());
                    return Err(ChangeError::Yanked { id, version, reason });
                }
                if channels.channel(&version) == Channel::Stable {
                    return Err(already(&version, "stable"));
                }
                IndexEvent::Promote(name)
            }
            Change::Rollback(to) => {
                let Some((withdrawn, to)) = channels.before(to.as_ref()) else {
                    let promoted: Vec<String> =
                        channels.stable().iter().map(Version::to_string).collect();
                    let (id, promoted) = (id.clone(), promoted.join(", "));
                    return Err(ChangeError::NothingBefore { id, to: to.clone(), promoted });
                };
                IndexEvent::Rollback { id: id.clone(), withdrawn, to }
            }
            Change::Shadow(Some(version)) => {
                let name = named(version)?;
                of_payloads(version)?;
                if channels.channel(version) == Channel::Stable {
                    return Err(already(version, "stable"));
                }
                if channels.shadow() == Some(version) {
                    return Err(already(version, "a shadow"));
                }
                IndexEvent::Shadow(name)
            }
            Change::Shadow(None) if channels.shadow().is_none() => {
                return Err(ChangeError::NoShadow(id.clone()));
            }
            Change::Shadow(None) => IndexEvent::EndShadow { id: id.clone() },
            Change::Canary(rule) => {
                of_payloads(&rule.version)?;
                let (id, version) = (id.clone(), &rule.version);
                if let Some(reason) = channels.yanked(version) {
                    let (version, reason) = (version.clone(), reason.to_owned());
                    return Err(ChangeError::Yanked { id, version, reason });
                }
                if channels.channel(version) == Channel::Stable {
                    return Err(already(version, "stable"));
                }
                if channels.canary() == Some(rule) {
                    return Err(already(version, "a canary"));
                }
                IndexEvent::Canary { id, rule: rule.clone() }
            }
            Change::EndCanary(_) if channels.canary().is_none() => {
                return Err(ChangeError::NoCanary(id.clone()));
            }
            Change::EndCanary(reason) => {
                IndexEvent::EndCanary { id: id.clone(), reason: reason.clone() }
            }
            Change::Yank(version, reason) => {
                let name = named(version)?;
                if channels.yanked(version).is_some() {
                    return Err(already(version, "yanked"));
                }
                IndexEvent::Yank { name, reason: reason.clone() }
            }
            Change::Unyank(version) => {
                let name = named(version)?;
                if channels.yanked(version).is_none() {
                    let (id, version) = (id.clone(), version.clone());
                    return Err(ChangeError::NotYanked { id, version });
                }
                IndexEvent::Unyank(name)
            }
            Change::Deprecate(deprecation) => {
                IndexEvent::Deprecate { id: id.clone(), deprecation: deprecation.clone() }
            }
        })
    }

    /// The candidate that is meant where none is named.
    fn candidate(&self, id: &DecoderId, channels: &Channels) -> Result<Version, ChangeError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        let mut from_highest = listed.versions.keys().rev();
        let highest = from_highest
            .find(|version| version.pre.is_empty() && channels.yanked(version).is_none())
            .filter(|version| channels.channel(version) == Channel::Candidate);
        highest.cloned().ok_or_else(|| ChangeError::NoCandidate(id.clone()))
    }

    fn effects(
        &self,
        id: &DecoderId,
        after: &Channels,
        asked: &[(DecoderRef, usize)],
    ) -> Vec<Effect> {
        let of_decoder = asked.iter().filter(|(wanted, _)| wanted.id == *id);
        let effects = of_decoder.map(|(wanted, devices)| Effect {
            wanted: wanted.clone(),
            from: self.resolve(wanted).ok().map(|(version, _)| version),
            to: self.resolve_with(wanted, after),
            devices: *devices,
        });
        effects.filter(|effect| effect.from != effect.to).collect()
    }
}
