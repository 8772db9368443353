//! `XmitDataReq`, answered with `XmitDataAns`. A refusal is a problem as everywhere, with the members of
//! the answer beside.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::StatusCode,
};
use serde_json::{Map, Value};

use super::{super::extract::read_body, Problem, network_server, origin};
use crate::{
    api::authorized::{Authorized, Ingest},
    lns::{
        Kind,
        ts002::{
            answer::{self, ResultCode},
            uplink,
        },
    },
    service::Service,
};

pub(super) async fn take(
    authorized: Authorized<Ingest>,
    State(service): State<Arc<Service>>,
    request: Request<Body>,
) -> Result<Json<Map<String, Value>>, Problem> {
    let from = network_server(&authorized, &service, Kind::Ts002)?;
    let body = read_body(request, service.config.http.body_bytes).await?;
    let taken = async {
        let message = uplink::read(&body)?;
        let origin = origin(&authorized, &from, Kind::Ts002, "", &body);
        Ok(service.messages.take(message, &origin).await?)
    };
    match taken.await {
        Ok(receipt) => {
            let mut answer = answer::to(&body, ResultCode::Success, "");
            // What became of it, for whoever wants to know more than TS002 has words for.
            if let Ok(receipt) = serde_json::to_value(receipt) {
                answer.insert("receipt".to_owned(), receipt);
            }
            Ok(Json(answer))
        }
        Err(problem) => {
            let answer = answer::to(&body, result_code(&problem), problem.detail());
            Err(answer
                .into_iter()
                .fold(problem, |problem, (name, value)| problem.with(&name, value)))
        }
    }
}

fn result_code(problem: &Problem) -> ResultCode {
    match problem.code() {
        "unknown-dev-eui" | "unknown-device" => ResultCode::UnknownDevEUI,
        "unknown-dev-addr" => ResultCode::UnknownDevAddr,
        "mic-mismatch" => ResultCode::MICFailed,
        _ if problem.status() == StatusCode::BAD_REQUEST => ResultCode::MalformedRequest,
        _ => ResultCode::Other,
    }
}
