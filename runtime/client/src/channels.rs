//! Channels: the versions that devices get, changed by admins.

use std::{collections::BTreeMap, fmt::Display};

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{Answer, Client, ClientError, client::ask};

/// A wish that a candidate be given to all devices that it will do for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PromotionRequest {
    /// The candidate; the highest one where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
}

/// A wish that a promotion be taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RollbackRequest {
    /// The version after which all that was promoted is taken back; the last one where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Version>,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
}

/// A wish that a candidate decode live frames beside the stable version, or do so no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowRequest {
    /// The candidate that is to run beside the stable version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Whether none does any more.
    pub end: bool,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
}

/// A wish that a share of the devices get a candidate, or do so no longer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CanaryRequest {
    /// The candidate that a share of the devices gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The number of a hundred devices that get it, 1 to 99.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_percent: Option<u8>,
    /// The number of a hundred of their frames that may fail, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_percent: Option<u8>,
    /// The number of frames after which that is looked at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    /// Whether no device gets it any more.
    pub end: bool,
    /// The reason for its end.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
}

/// A wish that a version be given to nobody any more who does not pin it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct YankRequest {
    /// The version that is withdrawn.
    pub version: Version,
    /// The reason, for those who had it.
    pub reason: String,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
}

/// A wish that a yanked version may be given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnyankRequest {
    /// The version that may be chosen again.
    pub version: Version,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
}

/// A wish that a decoder be used no more; with neither successor nor reason that it may be again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeprecationRequest {
    /// The decoder to use in its place: `vendor/model@requirement`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// The reason why the decoder should not be used.
    pub reason: String,
    /// Whether it is only told what would happen.
    pub dry_run: bool,
}

/// A change that was made, or would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    /// The event, as the index says it.
    #[serde(flatten)]
    pub event: Event,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// The requirements that get another version by it.
    pub effects: Vec<Effect>,
    /// The devices that ask for the version which is promoted or tried; absent for other changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asking: Option<Asking>,
}

/// The devices that ask for a decoder, and those of them that ask for a version of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// The devices whose requirement is met by the version.
    pub devices: u64,
    /// All devices that ask for the decoder.
    pub of: u64,
}

/// An event in the life of a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// A version became stable.
    Promote(VersionName),
    /// Versions are stable no longer.
    Rollback {
        /// The decoder whose versions they are.
        id: String,
        /// The versions, the one promoted last first.
        withdrawn: Vec<Version>,
        /// The version that was promoted last before them.
        to: Version,
    },
    /// A candidate decodes live frames beside the stable version.
    Shadow(VersionName),
    /// It does no longer.
    EndShadow {
        /// The decoder whose candidate runs no longer.
        id: String,
    },
    /// A share of the devices gets a candidate.
    Canary {
        /// The decoder that the candidate is a version of.
        id: String,
        /// The version that is the candidate.
        version: Version,
        /// The number of a hundred devices that get it.
        share_percent: u8,
        /// The number of a hundred of their frames that may fail.
        failure_percent: u8,
        /// The number of frames after which that is looked at first.
        frames: u64,
    },
    /// None does any more.
    EndCanary {
        /// The decoder that the candidate is a version of.
        id: String,
        /// The reason why the candidate is taken back.
        reason: String,
    },
    /// A version is chosen no longer.
    Yank {
        /// The decoder that the version is of.
        id: String,
        /// The version of the decoder.
        version: Version,
        /// The reason why the version is withdrawn.
        reason: String,
    },
    /// A version may be chosen again.
    Unyank(VersionName),
    /// A decoder should not be used any more, or with nothing said may be again.
    Deprecate {
        /// The decoder that should not be used.
        id: String,
        /// The decoder to use in its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<String>,
        /// The reason why the decoder should not be used.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// A version of a decoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionName {
    /// The decoder that the version is of.
    pub id: String,
    /// The version of the decoder.
    pub version: Version,
}

/// A requirement that gets another version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// The requirement of the devices: `vendor/model@requirement`.
    pub wanted: String,
    /// The version that it got.
    pub from: Option<Version>,
    /// The version that it gets.
    pub to: Option<Version>,
    /// The number of devices that ask so.
    pub devices: u64,
}

/// The report of a candidate that a share of the devices gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CanaryReport {
    /// The decoder that the candidate is a version of.
    pub id: String,
    /// The version that is the candidate.
    pub version: Version,
    /// The number of a hundred devices that get it.
    pub share_percent: u8,
    /// The number of a hundred of their frames that may fail.
    pub failure_percent: u8,
    /// The number of frames after which that is looked at first.
    pub frames: u64,
    /// The number of frames that it has decoded, or failed to.
    pub decoded: u64,
    /// The number of those that failed.
    pub failures: u64,
}

/// The report of a candidate that runs beside the stable version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowReport {
    /// The decoder that the candidate is a version of.
    pub id: String,
    /// The version that is the candidate.
    pub version: Version,
    /// The number of frames that both have decoded.
    pub compared: u64,
    /// Those of which the candidate says all that the stable version says.
    pub agreeing: u64,
    /// Frames that only the stable version has decoded, since there was too much else to do.
    pub skipped: u64,
    /// Frames whose readings say too much to be compared place by place; they count as compared, and not as agreeing.
    #[serde(default)]
    pub too_large: u64,
    /// The stable version's performance.
    pub stable: Performance,
    /// The candidate's performance on the same frames.
    pub candidate: Performance,
    /// The places where the two differ, and on how many frames.
    pub differing: BTreeMap<String, u64>,
    /// The places that only the candidate has, and on how many frames.
    pub added: BTreeMap<String, u64>,
    /// Some of the frames on which they differ.
    pub examples: Vec<ShadowExample>,
}

/// The performance of a version on frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performance {
    /// Fuel that was burnt on all frames.
    pub fuel: u64,
    /// The number of frames that it could not read.
    pub failures: u64,
}

/// A frame on which two versions differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShadowExample {
    /// The FPort of the frame.
    pub f_port: u8,
    /// The payload, in hexadecimal digits.
    pub payload: String,
    /// The places where they differ, with what each says; null where it says nothing. There are none where the readings
    /// are too large to be compared.
    pub differing: BTreeMap<String, [Json; 2]>,
}

impl Client {
    /// Gives a candidate to devices: `POST /v1/registry/{vendor}/{model}/promote`.
    pub async fn promote(
        &self,
        decoder: impl Display,
        wish: &PromotionRequest,
    ) -> Result<Answer<Changed>, ClientError> {
        self.change(decoder, "promote", wish).await
    }

    /// Takes back what was promoted: `POST /v1/registry/{vendor}/{model}/rollback`.
    pub async fn rollback(
        &self,
        decoder: impl Display,
        wish: &RollbackRequest,
    ) -> Result<Answer<Changed>, ClientError> {
        self.change(decoder, "rollback", wish).await
    }

    /// Has a candidate decode beside the stable version: `POST /v1/registry/{vendor}/{model}/shadow`.
    pub async fn shadow(
        &self,
        decoder: impl Display,
        wish: &ShadowRequest,
    ) -> Result<Answer<Changed>, ClientError> {
        self.change(decoder, "shadow", wish).await
    }

    /// Shows what came of that: `GET /v1/registry/{vendor}/{model}/shadow`.
    pub async fn shadow_report(
        &self,
        decoder: impl Display,
    ) -> Result<Answer<ShadowReport>, ClientError> {
        ask(self.get(format_args!("v1/registry/{decoder}/shadow"))).await
    }

    /// Gives a candidate to a share of the devices: `POST /v1/registry/{vendor}/{model}/canary`.
    pub async fn canary(
        &self,
        decoder: impl Display,
        wish: &CanaryRequest,
    ) -> Result<Answer<Changed>, ClientError> {
        self.change(decoder, "canary", wish).await
    }

    /// Shows what came of that: `GET /v1/registry/{vendor}/{model}/canary`.
    pub async fn canary_report(
        &self,
        decoder: impl Display,
    ) -> Result<Answer<CanaryReport>, ClientError> {
        ask(self.get(format_args!("v1/registry/{decoder}/canary"))).await
    }

    /// Yanks a version: `POST /v1/registry/{vendor}/{model}/yank`.
    pub async fn yank(
        &self,
        decoder: impl Display,
        wish: &YankRequest,
    ) -> Result<Answer<Changed>, ClientError> {
        self.change(decoder, "yank", wish).await
    }

    /// Lets a yanked version be given again: `POST /v1/registry/{vendor}/{model}/unyank`.
    pub async fn unyank(
        &self,
        decoder: impl Display,
        wish: &UnyankRequest,
    ) -> Result<Answer<Changed>, ClientError> {
        self.change(decoder, "unyank", wish).await
    }

    /// Says that a decoder should not be used: `POST /v1/registry/{vendor}/{model}/deprecate`.
    pub async fn deprecate(
        &self,
        decoder: impl Display,
        wish: &DeprecationRequest,
    ) -> Result<Answer<Changed>, ClientError> {
        self.change(decoder, "deprecate", wish).await
    }

    async fn change(
        &self,
        decoder: impl Display,
        what: &str,
        wish: &impl Serialize,
    ) -> Result<Answer<Changed>, ClientError> {
        ask(self.post(format_args!("v1/registry/{decoder}/{what}")).json(wish)).await
    }
}
