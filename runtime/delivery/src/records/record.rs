//! A record: the frame as it came, how it was received, and what it says.

use std::{borrow::Cow, collections::BTreeMap};

use champollion_frames::{DevAddr, DevEui, VerifiedBy, VerifiedUplink};
use champollion_sandbox::{CallError, Data, Failure, Reading};
use data_encoding::HEXUPPER;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    decoder_name::DecoderName,
    derived::{self, Derived, DerivedValues},
    measurement::{self, DeviceClock, RecordMeasurement},
    object::{ObjectInfo, PointInfo},
    radio::Radio,
    record_id::RecordId,
    replaced::Replaced,
};
use crate::names::{GroupId, SubGroup, UseCase};

/// The record of one frame, as a partner gets it. It can only be made of a [`VerifiedUplink`].
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// The type of the record. Absent of records of an earlier version, as the version of the format.
    #[serde(rename = "type")]
    #[schema(required = false)]
    record_type: RecordType,
    /// The version of the format: a member more is a higher minor version.
    #[schema(required = false, example = "1.3")]
    format_version: &'static str,
    id: RecordId,
    group: GroupId,
    device: DeviceInfo,
    /// The object as its partner's sheet has it; absent where no field of the sheet is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<ObjectInfo>,
    /// When the network received the frame.
    received_at: Timestamp,
    /// When the record was made. Absent of records of an earlier version.
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_at: Option<Timestamp>,
    /// The verifier of the frame, and the means of the verification.
    #[schema(example = "mic")]
    verified_by: &'static str,
    /// The network server that handed it over.
    network_server: String,
    uplink: RawUplink,
    radio: Radio,
    #[serde(skip_serializing_if = "Option::is_none")]
    decoder: Option<DecoderName>,
    #[serde(flatten)]
    #[schema(value_type = OutcomeMembers)]
    outcome: DecodedOrNot,
}

/// The version of the format of records; `docs/records.md` says what each version has added.
pub(crate) const FORMAT_VERSION: &str = "1.3";

/// The type of a record, the same on every way on which it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RecordType {
    /// The record of a frame.
    Record,
    /// A record in the place of one before it.
    Correction,
    /// A test of a route; nothing of it counts.
    #[expect(dead_code, reason = "a test is made of JSON, and its type is one of the schema's")]
    Test,
}

/// The members of a record that depend on what came of its frame. Shapes of routes leave some of them out.
#[expect(
    dead_code,
    reason = "it is the schema of these members, which serde writes out of other types"
)]
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
struct OutcomeMembers {
    /// The record that this one stands in the place of, where it is a corrected one.
    replaces: Option<Replaced>,
    /// The reading, where a decoder read the frame.
    decoded: Option<Decoded>,
    /// The reason why no decoder read it, where none did.
    decode_error: Option<DecodeError>,
}

/// The operator's description of the device that sent a frame.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordDevice)]
pub struct DeviceInfo {
    /// The device that sent the frame.
    pub dev_eui: DevEui,
    /// Its name for people; empty where it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The part of the group that it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// The purpose of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// Words of the operator's own, such as the street.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The result of decoding a frame.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The decoder read it.
    Decoded(DecoderName, Reading),
    /// The decoder did not.
    Failed(DecoderName, CallError),
    /// There was no decoder to ask; why, as a word and as a sentence.
    NoDecoder {
        /// The reason, for programs.
        code: &'static str,
        /// The reason, for people.
        message: String,
    },
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordUplink)]
struct RawUplink {
    #[serde(skip_serializing_if = "Option::is_none")]
    dev_addr: Option<DevAddr>,
    f_cnt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    f_port: Option<u8>,
    confirmed: bool,
    /// The number of frames of the session that were sent since the one before, and not received.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_frames: Option<u32>,
    /// FRMPayload in clear, as hexadecimal digits.
    #[schema(required = false, pattern = "^([0-9A-F]{2})*$")]
    payload: String,
    /// Warnings about the frame's origin.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

/// A warning to the reader: a word for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = FrameWarning)]
pub struct Warning {
    code: &'static str,
    /// The member of the network server's message that the warning is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    #[schema(value_type = String)]
    message: Cow<'static, str>,
}

impl Warning {
    /// A warning about the message of a network server.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, member: None, message: message.into() }
    }

    /// The same about a member of the message.
    #[must_use]
    pub fn about(self, member: impl Into<String>) -> Self {
        Self { member: Some(member.into()), ..self }
    }

    fn all_of(uplink: &VerifiedUplink) -> Vec<Self> {
        let mut warnings = Vec::new();
        if uplink.counter_reset() {
            let message = "the frame counter started over, which is allowed to this device: it \
                           restarted, or an old frame of it was played again";
            warnings.push(Self::new("counter-reset", message));
        }
        if uplink.verified_by() == VerifiedBy::MicForwardingHalf {
            let message = "the frame acknowledges a downlink whose counter was not told, so only \
                           the half of the MIC was checked that does not depend on it";
            warnings.push(Self::new("half-of-mic-checked", message));
        }
        warnings
    }
}

/// Its cases hold types of their own: fields of a case would be copied, one by one, before they are
/// written into the record that this is flattened into.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DecodedOrNot {
    Decoded(Decoded),
    DecodeError(DecodeError),
}

impl DecodedOrNot {
    /// Tells of indexes their values in the series of the object's point.
    pub(super) fn place(&mut self, received_at: Timestamp, point: &PointInfo) {
        if let Self::Decoded(decoded) = self {
            measurement::place(&mut decoded.measurements, received_at, point);
        }
    }

    /// Adds what derived decoders have made of the reading.
    pub(super) fn derive(
        &mut self,
        dev_eui: DevEui,
        received_at: Timestamp,
        results: Vec<Derived>,
    ) {
        if let Self::Decoded(decoded) = self {
            let (values, warnings) = derived::of_results(dev_eui, received_at, results);
            decoded.derived = values;
            decoded.warnings.extend(warnings);
        }
    }
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Decoded {
    #[schema(value_type = Object)]
    data: Data,
    measurements: Vec<RecordMeasurement>,
    /// The clock of the device; absent where not every measurement tells its moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_clock: Option<DeviceClock>,
    /// The values that derived decoders have made of this reading; absent where there are none, and in records of an
    /// earlier version.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    derived: Vec<DerivedValues>,
    warnings: Vec<String>,
}

#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DecodeError {
    code: &'static str,
    message: String,
    /// The failure that the decoder itself reported, where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

/// The parts of a record that an outcome makes, of a frame of a device that was received at a moment.
pub(crate) fn decoded_or_not(
    dev_eui: DevEui,
    received_at: Timestamp,
    outcome: Outcome,
) -> (Option<DecoderName>, DecodedOrNot) {
    match outcome {
        Outcome::Decoded(decoder, Reading { data, measurements, warnings, .. }) => {
            let device_clock = measurement::device_clock(received_at, &measurements);
            let measurements = measurement::of_reading(dev_eui, received_at, measurements);
            let derived = Vec::new();
            let decoded = Decoded { data, measurements, device_clock, derived, warnings };
            (Some(decoder), DecodedOrNot::Decoded(decoded))
        }
        Outcome::Failed(decoder, error) => {
            let (code, message) = (error.code(), error.to_string());
            let failure = match error {
                CallError::Failed(failure) => Some(failure),
                _ => None,
            };
            let error = DecodeError { code, message, failure };
            (Some(decoder), DecodedOrNot::DecodeError(error))
        }
        Outcome::NoDecoder { code, message } => {
            let error = DecodeError { code, message, failure: None };
            (None, DecodedOrNot::DecodeError(error))
        }
    }
}

impl Record {
    /// The record of a frame that the network server of this name handed over.
    #[must_use]
    pub fn new(
        uplink: &VerifiedUplink,
        network_server: &str,
        group: GroupId,
        device: DeviceInfo,
        outcome: Outcome,
    ) -> Self {
        let received_at = received_at(uplink);
        let (decoder, outcome) = decoded_or_not(uplink.dev_eui(), received_at, outcome);
        Self {
            record_type: RecordType::Record,
            format_version: FORMAT_VERSION,
            id: RecordId::of(uplink),
            group,
            device,
            object: None,
            received_at,
            recorded_at: None,
            verified_by: uplink.verified_by().as_str(),
            network_server: network_server.to_owned(),
            uplink: RawUplink {
                dev_addr: uplink.dev_addr(),
                f_cnt: uplink.f_cnt(),
                f_port: uplink.f_port(),
                confirmed: uplink.confirmed(),
                missed_frames: None,
                payload: HEXUPPER.encode(uplink.payload()),
                warnings: Warning::all_of(uplink),
            },
            radio: Radio::of(uplink.metadata()),
            decoder,
            outcome,
        }
    }

    /// The same with warnings about the message that the frame came in.
    #[must_use]
    pub fn with_warnings(mut self, warnings: &[Warning]) -> Self {
        self.uplink.warnings.extend_from_slice(warnings);
        self
    }

    /// The same with what the partner's sheet has about the object, where it has anything.
    #[must_use]
    pub fn with_object(mut self, object: Option<ObjectInfo>) -> Self {
        if let Some(point) = object.as_ref().and_then(|object| object.point.as_ref()) {
            self.outcome.place(self.received_at, point);
        }
        Self { object, ..self }
    }

    /// The same with what derived decoders have made of its reading.
    #[must_use]
    pub fn with_derived(mut self, results: Vec<Derived>) -> Self {
        self.outcome.derive(self.device.dev_eui, self.received_at, results);
        self
    }

    /// Whether derived decoders have made anything of its reading.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        matches!(&self.outcome, DecodedOrNot::Decoded(decoded) if !decoded.derived.is_empty())
    }

    /// The same without what derived decoders have made, for the reason that is given: the reading itself stays.
    #[must_use]
    pub fn without_derived(mut self, reason: String) -> Self {
        if let DecodedOrNot::Decoded(decoded) = &mut self.outcome {
            decoded.derived.clear();
            decoded.warnings.push(reason);
        }
        self
    }

    /// The same with the number of frames that were missed before this one, where it is known.
    #[must_use]
    pub fn with_missed_frames(mut self, missed_frames: Option<u32>) -> Self {
        self.uplink.missed_frames = missed_frames;
        self
    }

    /// The same with the moment at which the record is made durable.
    #[must_use]
    pub fn recorded_at(self, now: Timestamp) -> Self {
        Self { recorded_at: Some(now), ..self }
    }

    /// The same without what a decoder read, for the reason that is given.
    #[must_use]
    pub fn without_reading(self, code: &'static str, message: String) -> Self {
        let error = DecodeError { code, message, failure: None };
        Self { outcome: DecodedOrNot::DecodeError(error), ..self }
    }

    /// Returns the id of the record.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.id
    }

    /// Returns the group of the record.
    #[must_use]
    pub fn group(&self) -> &GroupId {
        &self.group
    }

    /// Whether a decoder read the frame.
    #[must_use]
    pub fn is_decoded(&self) -> bool {
        matches!(self.outcome, DecodedOrNot::Decoded(_))
    }

    /// Why no decoder read the frame: a word and a sentence.
    #[must_use]
    pub fn decode_error(&self) -> Option<(&'static str, &str)> {
        match &self.outcome {
            DecodedOrNot::Decoded(_) => None,
            DecodedOrNot::DecodeError(error) => Some((error.code, &error.message)),
        }
    }
}

/// A moment beyond the calendar cannot come out of any of the parsers that frames come through.
fn received_at(uplink: &VerifiedUplink) -> Timestamp {
    i64::try_from(uplink.received_at_ms())
        .ok()
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .unwrap_or(Timestamp::MAX)
}
