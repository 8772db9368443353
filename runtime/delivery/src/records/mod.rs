//! Records: what a partner is given of a frame, as it is made, stored, and corrected.

mod corrected;
mod cursor;
mod decoder_name;
mod derived;
mod kept_frame;
mod measurement;
mod measurement_id;
mod object;
mod radio;
mod record;
mod record_id;
mod replaced;
mod stored;
mod told;

pub use corrected::{CorrectedRecord, Corrections, KeptRecord};
pub use cursor::{Cursor, CursorError};
pub use decoder_name::{DecoderName, MappingName, made_by};
pub use derived::{Derived, derived_by};
pub use kept_frame::{KeptFrame, KeptPage};
pub use object::{ObjectInfo, PointInfo, PointOffset};
pub(crate) use record::FORMAT_VERSION;
pub use record::{DeviceInfo, Outcome, Record, Warning};
pub use record_id::RecordId;
pub use stored::{Head, HeadDecoder, HeadDevice, HeadError, HeadUplink};
pub(crate) use stored::{StoredRecord, dev_eui};
pub use told::DamagedRecord;
