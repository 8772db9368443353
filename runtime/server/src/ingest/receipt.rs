//! Receipts of messages that were handed over.

use champollion_frames::{DevAddr, DevEui};
use serde::Serialize;

use super::error::IngestError;

/// The receipt of a message that was taken.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Receipt {
    /// Its record is durable.
    #[schema(rename_all = "camelCase")]
    Accepted {
        /// The id of the record.
        record: String,
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
        /// Whether a decoder read it.
        decoded: bool,
        /// Why no decoder did.
        #[serde(skip_serializing_if = "Option::is_none")]
        decode_error: Option<DecodeProblem>,
    },
    /// It holds MAC commands only: counted, and nothing to hand out.
    #[schema(rename_all = "camelCase")]
    MacOnly {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// It is another gateway's copy, and came in time: the record has its reception too.
    #[schema(rename_all = "camelCase")]
    Merged {
        /// The id of the record.
        record: String,
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// It was taken before: another gateway's copy that came late, or the network server's retry.
    #[schema(rename_all = "camelCase")]
    Duplicate {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// A device asks to join; its number is used up.
    #[schema(rename_all = "camelCase")]
    JoinRequested {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The number of the request.
        dev_nonce: u16,
    },
    /// A device was let in, and has a new session from its next frame on.
    #[schema(rename_all = "camelCase")]
    Joined {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The address of the session, where it is told.
        #[serde(skip_serializing_if = "Option::is_none")]
        dev_addr: Option<DevAddr>,
    },
    /// The message is of a kind that hands nothing over.
    #[schema(rename_all = "camelCase")]
    Ignored {
        /// The kind of the message, in the network server's word.
        what: String,
    },
    /// A message of the join procedure was taken before.
    #[schema(rename_all = "camelCase")]
    #[serde(rename = "duplicate")]
    JoinDuplicate {
        /// The DevEUI of the device.
        dev_eui: DevEui,
    },
}

/// Why no decoder read a frame.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct DecodeProblem {
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub message: String,
}

impl Receipt {
    /// Returns the answer to another copy of the frame that came with it.
    pub(crate) fn of_a_copy(self) -> Self {
        match self {
            Self::Accepted { record, dev_eui, f_cnt, .. } => {
                Self::Merged { record, dev_eui, f_cnt }
            }
            other => other.of_a_late_copy(),
        }
    }

    /// Returns the answer to another copy of the frame that came later.
    pub(crate) fn of_a_late_copy(self) -> Self {
        match self {
            Self::Accepted { dev_eui, f_cnt, .. } | Self::MacOnly { dev_eui, f_cnt } => {
                Self::Duplicate { dev_eui, f_cnt }
            }
            other => other,
        }
    }
}

/// Counts what became of what was handed over.
pub(super) fn counted(result: &Result<Receipt, IngestError>) {
    let became = became(result);
    metrics::counter!("champollion_frames_total", "result" => became).increment(1);
}

/// Returns the word for what became of what was handed over.
pub(super) fn became(result: &Result<Receipt, IngestError>) -> &'static str {
    match result {
        Ok(Receipt::Accepted { .. }) => "accepted",
        Ok(Receipt::MacOnly { .. }) => "mac-only",
        Ok(Receipt::Merged { .. }) => "merged",
        Ok(Receipt::Duplicate { .. } | Receipt::JoinDuplicate { .. }) => "duplicate",
        Ok(Receipt::Ignored { .. }) => "ignored",
        Ok(Receipt::JoinRequested { .. }) => "join-requested",
        Ok(Receipt::Joined { .. }) => "joined",
        Err(IngestError::Refused(refusal)) => refusal.code(),
        Err(IngestError::JoinRefused(refusal)) => refusal.code(),
        Err(IngestError::Nameless(error)) => error.code(),
        Err(IngestError::Handover(_)) => "impossible-session",
        Err(IngestError::NotKept(_)) => "not-kept",
        Err(IngestError::Full(_)) => "full",
        Err(IngestError::Busy(_)) => "busy",
        Err(IngestError::Behind) => "node-behind",
    }
}
