//! Trying a payload: nothing of it is kept.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_delivery::records::DecoderName;
use champollion_registry::package::{Answer, DecoderRef, run};
use champollion_sdk::vectors::{CommandInput, DownlinkInput, Input, UplinkInput};
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Inspect},
    extract::JsonBody,
};
use crate::{mapping_name::mapping_of, service::Service};

/// A trial: the input, and the decoder. One of `uplink`, `command` and `downlink`, as in a decoder's vectors.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    /// The decoder to try.
    decoder: DecoderRef,
    /// An uplink, to be read.
    uplink: Option<UplinkInput>,
    /// A command, to be encoded.
    command: Option<CommandInput>,
    /// A downlink, to be read.
    downlink: Option<DownlinkInput>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = TrialAnswer)]
pub(super) struct Tried {
    decoder: DecoderName,
    #[serde(flatten)]
    answer: Answer,
}

#[utoipa::path(
    post,
    path = "/v1/decode",
    operation_id = "decode",
    tag = "decoding",
    summary = "Try a payload or a command with a decoder; nothing of it is kept",
    request_body = Trial,
    responses(
        (
            status = 200,
            description = "The reading, or the downlink that a command becomes.",
            body = Tried,
        ),
        (status = 404, description = "DECODER"),
        (status = 409, description = "quarantined"),
        (status = 422, description = "CALL"),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(super) async fn decode(
    authorized: Authorized<Inspect>,
    State(service): State<Arc<Service>>,
    JsonBody(trial): JsonBody<Trial>,
) -> Result<Json<Tried>, Problem> {
    let input = match (trial.uplink, trial.command, trial.downlink) {
        (Some(uplink), None, None) => Input::Uplink(uplink),
        (None, Some(command), None) => Input::Command(command),
        (None, None, Some(downlink)) => Input::Downlink(downlink),
        _ => {
            return Err(Problem::bad_request(
                "invalid-body",
                "the body must have one of uplink, command and downlink",
            ));
        }
    };
    let principal = &authorized.principal;
    let turn = service.expensive_turn(principal, None)?;
    let loaded = service.registry.decoder(&trial.decoder).await?;
    let (call, loaded) = turn.run(move || (run(&loaded.decoder, &input), loaded)).await?;
    let decoder = DecoderName {
        id: loaded.id.to_string(),
        version: loaded.version.clone(),
        digest: loaded.decoder.digest(),
        mapping: mapping_of(&loaded),
        fuel: call.fuel,
    };
    match call.result {
        Ok(answer) => Ok(Json(Tried { decoder, answer })),
        Err(error) => Err(Problem::from(error).with("decoder", decoder)),
    }
}
