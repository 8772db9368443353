//! Takes requests apart; what does not fit is a problem that says what and where.

use std::{str::FromStr, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{header::CONTENT_LENGTH, request::Parts},
};
use champollion_delivery::names::GroupId;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use super::{
    Problem,
    secrets::{without_odd_names, without_values},
};
use crate::{
    connections::BodyTooSlow, nearest::meant_member, repeated_members::find_repeated,
    service::Service, tasks::finished,
};

/// The path of an error that is about the whole body.
const ROOT: &str = ".";

/// The words for an object of no member, or of several, where each would be the kind of the whole.
const NOT_ONE_KIND: &str =
    "one member is expected, which says the kind, and there is none, or there are several";

/// Begins what the reader of moments and days says, which is about the letters of theirs.
const NO_MOMENT: &str = "failed to parse";

/// The way in which moments and days are written.
const MOMENTS: &str = "; a day is written 2026-03-01, and a moment 2026-03-01T18:00:00Z";

/// A JSON body, whatever its Content-Type says.
pub(super) struct JsonBody<T>(pub(super) T);

/// The same of a body that holds secrets: an error names the place and the fault, and no value.
pub(super) struct SecretBody<T>(pub(super) T);

/// The parts of the path that the route names.
pub(super) struct PathParts<T>(pub(super) T);

/// The parameters of the query.
pub(super) struct Parameters<T>(pub(super) T);

/// The one parameter of a request about a group: an admin names it, a partner has its own.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfGroup {
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    pub(super) group: Option<GroupId>,
}

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        parse_json(&whole_json(request, service).await?).map(Self)
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for SecretBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        secret_json(&whole_json(request, service).await?).map(Self)
    }
}

/// The bytes of a body in JSON in which no member is said twice.
async fn whole_json(request: Request, service: &Service) -> Result<Bytes, Problem> {
    let bytes = read_body(request, service.config.http.body_bytes).await?;
    refuse_repeated(&bytes)?;
    Ok(bytes)
}

/// Refuses a body in which a member is said twice: only one of them would count.
fn refuse_repeated(bytes: &[u8]) -> Result<(), Problem> {
    let Some(mut repeated) = find_repeated(bytes) else { return Ok(()) };
    repeated.path = without_odd_names(&repeated.path).into_owned();
    let problem = Problem::bad_request("invalid-body", repeated.to_string());
    let problem = problem.with("line", repeated.line).with("column", repeated.column);
    Err(problem.with("path", repeated.path))
}

/// A fault of JSON with the path of where it is.
type PlacedError = serde_path_to_error::Error<serde_json::Error>;

/// Reads JSON that holds secrets, and says of what does not fit where it is, without the values.
pub(super) fn secret_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    read_json(bytes, misfit_without_values)
}

/// Reads JSON, and says of what does not fit where it is.
pub(super) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    read_json(bytes, misfit)
}

/// Reads JSON. What is said of a fault depends on no type: it is compiled once, and not for each type of bodies.
fn read_json<T: DeserializeOwned>(
    bytes: &[u8],
    said: fn(&[u8], PlacedError) -> Problem,
) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| said(bytes, error))?;
    json.end().map_err(|error| unreadable(bytes, &error, ROOT))?;
    Ok(value)
}

fn misfit(bytes: &[u8], error: PlacedError) -> Problem {
    let path = error.path().to_string();
    unreadable(bytes, &error.into_inner(), &path)
}

fn misfit_without_values(bytes: &[u8], error: PlacedError) -> Problem {
    let path = without_odd_names(&error.path().to_string()).into_owned();
    let error = error.into_inner();
    unreadable_at(bytes, &error, &path, &without_values(&path, &error.to_string()))
}

pub(super) fn unreadable(bytes: &[u8], error: &serde_json::Error, path: &str) -> Problem {
    unreadable_at(bytes, error, path, &error.to_string())
}

fn unreadable_at(bytes: &[u8], error: &serde_json::Error, path: &str, said: &str) -> Problem {
    let hint = match meant_member(said) {
        Some(near) => format!("; did you mean {near}?"),
        None if said.starts_with(NO_MOMENT) => MOMENTS.to_owned(),
        None => String::new(),
    };
    // No kind in an object, or several, are called broken JSON by the reader, which expects its end after the first.
    let is_read = |text| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let is_json = error.is_data() || std::str::from_utf8(bytes).is_ok_and(is_read);
    let said = if is_json && !error.is_data() { NOT_ONE_KIND } else { said };
    let problem = if !is_json {
        let detail = format!("the body cannot be read as JSON: {said}");
        Problem::bad_request("malformed-json", detail)
    } else if path == ROOT {
        Problem::bad_request(
            "invalid-body",
            format!("the body is not what it should be: {said}{hint}"),
        )
    } else {
        Problem::bad_request(
            "invalid-body",
            format!("{path} is not what it should be: {said}{hint}"),
        )
        .with("path", path)
    };
    problem.with("line", error.line()).with("column", error.column())
}

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<Service>> for PathParts<T> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Problem> {
        Path::from_request_parts(parts, service)
            .await
            .map(|Path(parts)| Self(parts))
            .map_err(|error| Problem::bad_request("invalid-path", error.body_text()))
    }
}

impl<T: DeserializeOwned> FromRequestParts<Arc<Service>> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Service>) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(parameters)| Self(parameters))
            .map_err(|error| Problem::bad_request("invalid-query", error.body_text()))
    }
}

/// The whole body, unless it is larger than it may be.
pub(crate) async fn read_body(request: Request<Body>, limit: usize) -> Result<Bytes, Problem> {
    let announced = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > limit) {
        return Err(Problem::too_large(limit));
    }
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::too_large(limit)),
        Err(error) => {
            if let Some(slow) = too_slow(&*error) {
                return Err(Problem::body_too_slow(slow.to_string()));
            }
            let detail = format!("the body did not arrive whole: {error}");
            Err(Problem::bad_request("broken-body", detail))
        }
    }
}

/// The reason why a body did not arrive, where its time was over.
pub(super) fn too_slow(error: &(dyn std::error::Error + 'static)) -> Option<BodyTooSlow> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(slow) = error.downcast_ref::<BodyTooSlow>() {
            return Some(*slow);
        }
        next = error.source();
    }
    None
}

/// Does something to its end, also where the client goes away meanwhile: what is durable and what is
/// in memory stay the same.
pub(super) async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Problem>> + Send + 'static,
) -> Result<T, Problem> {
    finished(work).await.map_err(|error| Problem::internal(&error))?
}

/// A part of the path as a type of its own.
pub(super) fn path_part<T: FromStr>(what: &'static str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| {
        Problem::bad_request("invalid-path", format!("{text:?} is no {what}: {error}"))
    })
}

/// A parameter of the query as a type of its own.
pub(super) fn parameter<T: FromStr>(name: &'static str, text: &str) -> Result<T, Problem>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| {
        Problem::bad_request("invalid-query", format!("{name}={text} cannot be read: {error}"))
    })
}
