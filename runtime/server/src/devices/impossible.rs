//! The error of a registration whose parts do not go together.

use champollion_fleet::objects::HalfAPlace;
use champollion_frames::LorawanVersion;

/// Why what is registered of a device cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImpossibleRegistration {
    /// A key is missing.
    #[error("missing field `{missing}`: {why}")]
    MissingKey {
        /// The member that is missing.
        missing: &'static str,
        /// The purpose that the member is needed for.
        why: &'static str,
    },
    /// The keys are those of both versions.
    #[error(
        "nwkSKey is the key of LoRaWAN 1.0.x, and fNwkSIntKey, sNwkSIntKey and nwkSEncKey stand in its place in 1.1: give the one or the three"
    )]
    KeysOfBothVersions,
    /// The keys are those of another version than the one that is given.
    #[error("lorawan is {given}, and the keys are those of {keys}: {remedy}")]
    OtherVersion {
        /// The version that is given.
        given: LorawanVersion,
        /// The version that the keys are of.
        keys: &'static str,
        /// The remedy for the registration.
        remedy: &'static str,
    },
    /// A device that joins never starts its counter over within a session.
    #[error(
        "allowCounterReset is for devices activated by personalization: one that joins has a new session after each restart, and its counter starts at 0 by itself"
    )]
    CounterResetOfOtaa,
    /// The place of the object has one coordinate.
    #[error(transparent)]
    HalfAPlace(#[from] HalfAPlace),
    /// The place is said to be given by hand, and is not.
    #[error(
        "geolocation is MANUAL, and latitude and longitude are missing: give both, or say another geolocation"
    )]
    NoPlace,
    /// A text that readers see holds what may be a key.
    #[error(
        "{member} holds what may be a key, and is not shown: keys are given within activation alone, and texts are seen by readers"
    )]
    KeyInText {
        /// The member that holds it.
        member: String,
    },
    /// A device without a session here has no counter.
    #[error(
        "fCntUp is the last FCnt of a device that is registered with its session (devAddr and keys): one that joins has a new session with each join, and of one that joins elsewhere the session is handed over with its fCntUp"
    )]
    CounterOfNoSession,
    /// The name at the network server is no name.
    #[error("deviceId has {bytes} bytes, and a name has 1 to {limit}")]
    DeviceId {
        /// The bytes of the name.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A device of this version keeps its counter.
    #[error(
        "allowCounterReset is for devices up to LoRaWAN 1.0.3: since {version} a device keeps its counter over a restart; one that does not is registered with lorawan 1.0.3"
    )]
    CounterResetOfVersion {
        /// The version that is given.
        version: LorawanVersion,
    },
}
