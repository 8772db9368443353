//! The place of the gRPC interface in a program that was built without it: settings that ask for it are
//! refused before one is made.

use champollion_lns::outgoing::GrpcCall;

use super::{
    DownlinkSettingsError,
    http::{Failed, Said},
};

/// A client that is never made.
pub(super) enum Grpc {}

impl Grpc {
    pub(super) fn new(_url: &str, _ca: Option<String>) -> Result<Self, String> {
        Err(DownlinkSettingsError::NoGrpc.to_string())
    }

    #[expect(clippy::unused_async, reason = "the client that is made waits")]
    pub(super) async fn call(&self, _call: GrpcCall) -> Result<Said, Failed> {
        match *self {}
    }
}
