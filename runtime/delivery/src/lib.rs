//! Records: what a partner is given of a frame, and how it gets there: the mailbox that keeps them until
//! they are delivered, or until their time is over, and the routes on which they leave.

#![forbid(unsafe_code)]

mod address;
mod attempts;
mod backoff;
mod breaker;
mod corrected;
mod dispatch;
mod files;
mod formats;
mod lanes;
mod mailbox;
pub mod mqtt;
mod names;
mod progress;
mod push;
mod recipient;
mod record;
mod route;
mod stored;
mod tls;

pub use address::{AddressError, AddressRule};
pub use attempts::{Attempt, Outcome as AttemptOutcome};
pub use backoff::Backoff;
pub use corrected::{CorrectedRecord, Corrections, DamagedRecord, KeptRecord};
pub use dispatch::{
    Backlog, Beginning, DispatchError, Dispatcher, Older, RouteState, RouteStatus, ShownRoute,
};
pub use files::{
    FilePush, FilePushError, FolderPlace, FtpsPlace, NamePattern, NamePatternError,
    PlaceDefinition, PlaceError, Rhythm, RhythmError, S3Place, SftpPlace, UnusablePlace,
    WebdavPlace,
};
pub use formats::{Format, FormatError, UnknownFormat};
pub use mailbox::{Cursor, CursorError, DeliveryError, Mailbox, Page, PulledRecord};
pub use mqtt::{MqttPush, MqttPushError, MqttRecipient};
pub use names::{GroupId, NameError, RouteName, SubGroup, UseCase};
pub use progress::Progress;
pub use push::{
    Authorization, HttpPush, HttpPushError, HttpRecipient, SigningKey, SigningKeyError,
};
pub use recipient::{Handed, Parcel, Recipient, Shaped, Verdict};
pub use record::{DecoderName, DeviceInfo, Outcome, Record, RecordId};
pub use route::{
    DecoderPattern, DecoderPatternError, Destination, DestinationKind, Expression, ExpressionError,
    Filter, Route, RouteBook, RouteError, RouteKey, Secret, Shape, Stopped, Surroundings,
};
pub use stored::{Head, HeadDecoder, HeadDevice, HeadError, HeadUplink};
pub use tls::{ClientCertificate, Tls, TlsError, TlsPart};
