//! Records: what a partner is given of a frame, as it is made, stored, and corrected.

mod corrected;
mod cursor;
mod measurement;
mod measurement_id;
mod record;
mod stored;

pub use corrected::{CorrectedRecord, Corrections, DamagedRecord, KeptRecord};
pub use cursor::{Cursor, CursorError};
pub use record::{DecoderName, DeviceInfo, Outcome, Record, RecordId, Warning};
pub(crate) use stored::StoredRecord;
pub use stored::{Head, HeadDecoder, HeadDevice, HeadError, HeadUplink};
