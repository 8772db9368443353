//! A client of a server's HTTP interface: one function for each endpoint, with the types of what is sent and
//! of what is answered.
//!
//! [`Client`] is asynchronous; [`Blocking`] asks with it from code that is not. An answer is an [`Answer`]: a
//! value of a type, and the JSON text that it was read from. Members that a type does not have are let pass,
//! so that a client talks to servers that are newer than it is.
//!
//! The crate stands on nothing of the server, so names that other crates have types for, those of decoders,
//! groups, routes and keys, are taken as anything that prints itself as one, and handed out as text.

#![forbid(unsafe_code)]

mod alerts;
mod answer;
mod approvals;
mod backups;
mod blocking;
mod catalogue;
mod channels;
mod client;
mod decode;
mod decoder_requests;
mod derived;
mod device_import;
mod devices;
mod downlinks;
mod error;
mod gateways;
mod group_places;
mod handshakes;
mod health;
mod history;
mod ingest;
mod keys;
mod lines;
mod mappings;
mod network_servers;
mod nodes;
mod notices;
mod packages;
mod pages;
mod parked;
mod partners;
mod people;
mod points;
mod progress;
mod quality;
mod quarantine;
mod quotas;
mod records;
mod redecode;
mod rehearsals;
mod retention;
mod routes;
mod schedules;
mod sign_in;
mod statements;
mod stream;
mod tables;
mod tokens;
mod vault;

pub use alerts::{
    Alert, AlertAcknowledgement, AlertList, AlertRule, AlertRuleList, AlertState, AlertTrial,
    TriedAlert,
};
pub use answer::Answer;
pub use approvals::{
    Applicant, Approval, ApprovalNotice, ApprovalRequest, AskedApproval, DecidedRequest,
    DecisionRequest, Declaration, DeclaredFrequency, DeclaredPeriod, DeclaredRate, DeclaredStage,
    OperatorCheck, OperatorCheckResult, PartnerApproval, PartnersRequest, PartnersRequestList,
    RequestDecision, RequestMatter, RequestRemark,
};
pub use backups::{BackupDone, BackupProgress, BackupRequest, MadeBackup};
pub use blocking::Blocking;
pub use catalogue::{
    Catalogue, CatalogueEntry, CatalogueExample, CatalogueQuery, CatalogueVersion, Command,
    Deprecation, Derived, DerivedInput, DerivedValue, Device as CatalogueDevice, Direction, Field,
    MappingInForce, Port, Quantity, Script, ToldUnit, UseCase, VariableDeclaration,
};
pub use channels::{
    Asking, CanaryReport, CanaryRequest, Changed, DeprecationRequest, Effect, Event, Performance,
    PromotionRequest, RollbackRequest, ShadowExample, ShadowReport, ShadowRequest, UnyankRequest,
    VersionName, YankRequest,
};
pub use client::{Client, is_address};
pub use decode::{EncodedDownlink, Measurement, Outcome, Reading, Span, Trial, TrialInput, Tried};
pub use decoder_requests::{
    DecoderEstimate, DecoderRequest, DecoderRequestList, DecoderRequestStep, DecoderWish,
    PayloadVerdict, RequestCandidate, RequestShadow, RightValue, SponsorPayload, SponsorTrial,
};
pub use derived::DerivedDecoders;
pub use device_import::{
    CellRefusal, FieldChange, ImportReport, ImportUnderWay, ImportWish, RowVerdict, Sentence,
};
pub use devices::{
    AbpKeys, Activation, ActivationKind, Assignment, Device, DeviceList, HandedKey, HandedSession,
    ObjectFields, OtaaKeys, PayloadState, Registration,
};
pub use downlinks::{
    Downlink, DownlinkList, DownlinkListing, DownlinkRequest, DownlinkState, GroupAnswer,
    GroupDownlinkRequest, GroupResult, Refused,
};
pub use error::{ClientError, Problem};
pub use gateways::{Gateway, GatewayDetails, GatewayEvent, GatewayList, ObjectOfGateway};
pub use group_places::{GroupDatabase, GroupPlace, GroupPlaceList};
pub use handshakes::{Handshake, HandshakeList};
pub use health::StorageReport;
pub use history::{
    Actor, Archived, AuditArchive, AuditHead, AuditLine, AuditUsage, Checkpoint, Head, Mended,
    SignedHead, Verification,
};
pub use ingest::{
    ChirpstackEvent, DecodeProblem, LineAnswer, LineOutcome, PhyFrame, PlainUplink, Receipt,
    Ts002Answer,
};
pub use keys::{NewKey, OwnKey, PublisherKey, PublisherKeyList};
pub use mappings::{MappedField, Mapping, MappingRequest};
pub use network_servers::{
    BrokerCheck, Finding, FindingSeverity, LeftSession, NetworkServerCheck, NetworkServerList,
    TopicCheck, Traffic,
};
pub use nodes::{Node, NodeList, NodeProtocol};
pub use notices::{
    Notice, NoticeChange, NoticeFollowUp, NoticeHook, NoticeList, NoticeReader, NoticeRequest,
    NoticeScope, NoticeWord,
};
pub use packages::{
    Channel, CutPayloads, CutSummary, CutVector, Misread, PackageParts, Publication, Published,
    RandomPayloads, Report, VectorFuel, VectorReadOn,
};
pub use parked::{ParkedList, ParkedMessage, ParkedText, Retried};
pub use partners::{
    Partner, PartnerChange, PartnerList, PartnerRequest, Staying, StayingRoute, StayingToken,
};
pub use people::{Grant, GrantRequest, Person, PersonChange, PersonList, PersonRequest};
pub use points::{
    IndexOffset, IndexReading, Point, PointLink, PointList, PointRequest, ReplacementRequest,
};
pub use progress::Progress;
pub use quality::{
    Availability, ExcludedObject, ExcludedObjectList, IngestAvailability, LastReception,
    LeftOutCounts, QualityFigures, QualityFiguresList, QualityQuery, RouteAvailability,
    SilentObject, SilentObjectList, SilentQuery,
};
pub use quarantine::{QuarantineList, Quarantined};
pub use quotas::{QuotaList, QuotaUse, Quotas};
pub use records::{
    Acknowledged, Acknowledgement, BestReception, DecodeError, Decoded, DecoderName, DerivedValues,
    DeviceClock, DeviceInfo, Formatted, Holder, ObjectInfo, Page, PointInfo, PulledRecord, Radio,
    Record, RecordsQuery, Replaced, Uplink, Warning,
};
pub use redecode::{RedecodeDone, RedecodeProgress, RedecodeRequest, Redecoding};
pub use rehearsals::{FailureKinds, RehearsalDone, RehearsalProgress, RehearsalRequest};
pub use reqwest::StatusCode;
pub use retention::{Backlog, Older, Retention};
pub use routes::{
    Attempt, AttemptList, AttemptOutcome, Author, Beginning, MadeRoute, Route, RouteEvent,
    RouteEventList, RouteList, RouteState, RouteStatus, SecretRotation, Stopped,
};
pub use schedules::{
    PlannedMoment, PlannedPayload, Schedule, ScheduleDryRun, ScheduleList, SchedulePlace,
    SchedulePlan, ScheduleRun, ScheduleTime,
};
pub use sign_in::{
    EndedSession, Invitation, OwnSession, OwnSessionList, SecondFactor, Session, SignInRequest,
};
pub use statements::{StatedSubscription, Statement, StatementLine, StatementList};
pub use stream::{Following, RecordEvent};
pub use tables::{TableForm, TableLayout};
pub use tokens::{
    CreatedToken, Me, MyGrant, MyPerson, OwnTokenRequest, Role, Token, TokenList, TokenMaker,
    TokenRequest,
};
pub use vault::MasterKeyRotation;
