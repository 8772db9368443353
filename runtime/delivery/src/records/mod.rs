//! Records: what a partner is given of a frame, as it is made, stored, and corrected.

mod corrected;
mod cursor;
mod measurement;
mod measurement_id;
mod record;
mod stored;

pub use corrected::{CorrectedRecord, Corrections, DamagedRecord, KeptRecord};
pub use cursor::{Cursor, CursorError};
pub(crate) use record::FORMAT_VERSION;
pub use record::{DecoderName, DeviceInfo, Outcome, Record, RecordId, Warning};
pub use stored::{Head, HeadDecoder, HeadDevice, HeadError, HeadUplink};
pub(crate) use stored::{StoredRecord, dev_eui};
