//! Records: what a partner is given of a frame, and how it gets there: the mailbox that keeps them until
//! they are delivered, or until their time is over, and the routes on which they leave.

#![forbid(unsafe_code)]

pub mod destinations;
pub mod dispatch;
pub mod files;
pub mod formats;
pub mod mailbox;
pub mod names;
pub mod records;
pub mod routes;

pub use destinations::{
    AddressError, AddressRule, ClientCertificate, Handed, Parcel, Recipient, Secret, Shaped,
    Surroundings, Tls, TlsError, TlsPart, Verdict, mqtt,
    mqtt::{MqttPush, MqttPushError, MqttRecipient},
    push::{Authorization, HttpPush, HttpPushError, HttpRecipient, SigningKey, SigningKeyError},
};
pub use dispatch::{
    Attempt, AttemptOutcome, Backlog, Backoff, Beginning, DispatchError, Dispatcher, Older,
    RouteState, RouteStatus, ShownRoute,
};
pub use files::{
    FilePush, FilePushError, FolderPlace, FtpsPlace, NamePattern, NamePatternError,
    PlaceDefinition, PlaceError, Rhythm, RhythmError, S3Place, SftpPlace, UnusablePlace,
    WebdavPlace,
};
pub use formats::{Format, FormatError, UnknownFormat};
pub use mailbox::{DeliveryError, Mailbox, Page, PulledRecord};
pub use names::{GroupId, NameError, RouteKey, RouteName, SubGroup, UseCase};
pub use records::{
    CorrectedRecord, Corrections, Cursor, CursorError, DamagedRecord, DecoderName, DeviceInfo,
    Head, HeadDecoder, HeadDevice, HeadError, HeadUplink, KeptRecord, Outcome, Record, RecordId,
};
pub use routes::{
    DecoderPattern, DecoderPatternError, Destination, DestinationKind, Expression, ExpressionError,
    Filter, Route, RouteError, Shape, Stopped,
};
