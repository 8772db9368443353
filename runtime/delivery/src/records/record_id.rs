//! Ids of records: the same frame always has the same one.

use std::fmt;

use champollion_frames::{DevEui, Fingerprint, VerifiedUplink};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// The name of a record. The same frame always gets the same one, so a receiver that is given a
/// record twice can drop the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordId {
    dev_eui: DevEui,
    f_cnt: u32,
    /// Tells frames apart that have the same FCnt, since a device was given new keys.
    fingerprint: Fingerprint,
}

impl RecordId {
    /// The name of a frame's record.
    #[must_use]
    pub fn of(uplink: &VerifiedUplink) -> Self {
        Self { dev_eui: uplink.dev_eui(), f_cnt: uplink.f_cnt(), fingerprint: uplink.fingerprint() }
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{:08X}-{}", self.dev_eui, self.f_cnt, self.fingerprint)
    }
}

impl PartialSchema for RecordId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The name of a record: DevEUI, FCnt and MIC. The same frame always has the same.",
            ))
            .pattern(Some(r"^[0-9A-F]{16}-[0-9A-F]{8}-([0-9A-F]{8}|[0-9A-F]{16})(-[0-9a-f]{8})?$"))
            .into()
    }
}

impl ToSchema for RecordId {}

impl Serialize for RecordId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
