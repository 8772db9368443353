//! Schedules of commands: made by the partner whose devices they command, and tried without sending anything.

mod checking;
mod table;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use champollion_delivery::names::GroupId;
use champollion_service::schedules::{Calendar, WhenError};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, Command, ReadCommands},
    downlinks::refused,
    extract::{JsonBody, Parameters, PathParts, parameter, path_part, to_the_end},
    paging::{self, PageEnd, TableListing, Window},
    tables::Shape,
};
use crate::{
    auth::Reach,
    downlinks::{Downlinks, Words},
    schedules::{DryRun, Run, Schedule, ScheduleRequest, SchedulesError, dry_run},
    service::Service,
};
use checking::{checked, kinds_of};

/// A schedule as it is shown.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Schedule)]
pub(super) struct ShownSchedule {
    /// The name of the schedule for programs.
    id: Uuid,
    /// The group whose schedule it is.
    group: GroupId,
    /// The schedule as it was asked for: with changes, it is what is put in its place.
    plan: ScheduleRequest,
    /// The name of the token, or of the person, that made it.
    made_by: String,
    /// The moment at which it was made.
    made_at: Timestamp,
    /// The moment of its last change.
    changed_at: Timestamp,
    /// The next moment; absent where none comes, or where it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Timestamp>,
    /// Why no moment comes any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// A schedule with what became of its last moments.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ScheduleWithRuns)]
pub(super) struct ScheduleWithRuns {
    #[serde(flatten)]
    schedule: ShownSchedule,
    /// The outcomes of the last moments, the latest first: twenty at most.
    runs: Vec<Run>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct ScheduleList {
    schedules: Vec<ShownSchedule>,
    #[serde(flatten)]
    end: PageEnd,
}

impl ShownSchedule {
    fn of(schedule: &Schedule, service: &Service) -> Self {
        let calendar = calendar(schedule, service);
        let now = Timestamp::now();
        let is_running = |_: &&Calendar| !schedule.wish.paused;
        let next =
            calendar.as_ref().ok().filter(is_running).and_then(|calendar| calendar.next(now));
        Self {
            id: schedule.id,
            group: schedule.group.clone(),
            plan: schedule.wish.clone(),
            made_by: schedule.made_by.clone(),
            made_at: schedule.made_at,
            changed_at: schedule.changed_at,
            next,
            problem: calendar.err().map(|error| error.to_string()),
        }
    }
}

fn calendar(schedule: &Schedule, service: &Service) -> Result<Calendar, WhenError> {
    schedule.calendar(&service.devices, service.config.territory.time_zone.name())
}

#[utoipa::path(
    get,
    path = "/v1/schedules",
    operation_id = "listSchedules",
    tag = "commands",
    summary = "List schedules of commands",
    params(TableListing),
    responses(
        (
            status = 200,
            description = "The schedules, in the order in which they were made. With the Accept header they are a \
                           table of CSV or a workbook, without pages.",
            body = ScheduleList,
        ),
        (status = 406, description = "not-acceptable"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn list(
    authorized: Authorized<ReadCommands>,
    State(service): State<Arc<Service>>,
    Parameters(TableListing { after, limit, layout }): Parameters<TableListing>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shape = Shape::of((&headers, layout), &service, &authorized.principal)?;
    let from: Option<Uuid> = after.as_deref().map(|id| parameter("after", id)).transpose()?;
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let is_seen = |schedule: &Schedule| sees(&service, &authorized.reach, schedule);
    if let Shape::Table(shape) = shape {
        let found = service.schedules.list(from, usize::MAX, is_seen);
        let rows = async move {
            table::rows(found.iter().map(|schedule| ShownSchedule::of(schedule, &service)))
        };
        return shape.answer("Schedules", &table::HEADINGS, rows).await;
    }
    let found = service.schedules.list(from, window.lookups(), is_seen);
    let shown = found.iter().map(|schedule| ShownSchedule::of(schedule, &service));
    let (schedules, end) =
        paging::page(shown, window, |shown: &ShownSchedule| shown.id.to_string());
    Ok(Json(ScheduleList { schedules, end }).into_response())
}

#[utoipa::path(
    post,
    path = "/v1/schedules",
    operation_id = "addSchedule",
    tag = "commands",
    summary = "Make a schedule of a command to a device or a group",
    request_body = ScheduleRequest,
    responses(
        (
            status = 201,
            description = "The schedule, which is carried out from now on.",
            body = ShownSchedule,
            headers(("Location" = String, description = "The path of the schedule.")),
        ),
        (status = 400, description = "invalid-schedule, command-too-large"),
        (status = 403, description = "priority-not-permitted"),
        (status = 404, description = "unknown-device, unknown-group, no-devices, DECODER"),
        (status = 409, description = "too-many-schedules, quarantined"),
        (status = 422, description = "no-decoder, no-network-server, no-downlinks, CALL"),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(super) async fn add(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    JsonBody(wish): JsonBody<ScheduleRequest>,
) -> Result<Response, Problem> {
    let by = (&authorized.reach, &authorized.principal);
    let (wish, group) = checked(&service, by, wish).await?;
    let (id, now) = (Uuid::now_v7(), Timestamp::now());
    let made_by = authorized.principal.name.clone();
    let schedule = Schedule { id, group, wish, made_by, made_at: now, changed_at: now };
    let author = authorized.author(&service);
    let shown = to_the_end(async move {
        let kept = service.schedules.add(schedule, &author).await?;
        Ok(ShownSchedule::of(&kept, &service))
    })
    .await?;
    let location = format!("/v1/schedules/{id}");
    let mut response = (StatusCode::CREATED, Json(shown)).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

#[utoipa::path(
    get,
    path = "/v1/schedules/{id}",
    operation_id = "getSchedule",
    tag = "commands",
    summary = "Get a schedule with what became of its last moments",
    responses(
        (status = 200, description = "The schedule.", body = ScheduleWithRuns),
        (status = 404, description = "unknown-schedule"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadCommands>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<ScheduleWithRuns>, Problem> {
    let found = seen(&service, &authorized.reach, path_part("schedule", &id)?)?;
    let runs = service.schedules.runs(found.id).await?;
    Ok(Json(ScheduleWithRuns { schedule: ShownSchedule::of(&found, &service), runs }))
}

/// Moments of before the change are over, also those that were missed.
#[utoipa::path(
    put,
    path = "/v1/schedules/{id}",
    operation_id = "changeSchedule",
    tag = "commands",
    summary = "Put another schedule in the place of one, from now on",
    request_body = ScheduleRequest,
    responses(
        (status = 200, description = "The schedule.", body = ShownSchedule),
        (status = 400, description = "invalid-schedule, command-too-large"),
        (status = 403, description = "priority-not-permitted"),
        (
            status = 404,
            description = "unknown-schedule, unknown-device, unknown-group, no-devices, DECODER",
        ),
        (status = 409, description = "schedule-under-way, quarantined"),
        (status = 422, description = "no-decoder, no-network-server, no-downlinks, CALL"),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(super) async fn change(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    JsonBody(wish): JsonBody<ScheduleRequest>,
) -> Result<Json<ShownSchedule>, Problem> {
    let before = seen(&service, &authorized.reach, path_part("schedule", &id)?)?;
    let by = (&authorized.reach, &authorized.principal);
    let (wish, group) = checked(&service, by, wish).await?;
    let changed_at = Timestamp::now();
    let schedule = Schedule { group, wish, changed_at, ..Schedule::clone(&before) };
    let author = authorized.author(&service);
    let shown = to_the_end(async move {
        let kept = service.schedules.change(schedule, &author).await?;
        Ok(ShownSchedule::of(&kept, &service))
    });
    Ok(Json(shown.await?))
}

/// Commands that the schedule has sent go on.
#[utoipa::path(
    delete,
    path = "/v1/schedules/{id}",
    operation_id = "removeSchedule",
    tag = "commands",
    summary = "Remove a schedule",
    responses(
        (status = 204, description = "The schedule is gone."),
        (status = 404, description = "unknown-schedule"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn remove(
    authorized: Authorized<Command>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let found = seen(&service, &authorized.reach, path_part("schedule", &id)?)?;
    let author = authorized.author(&service);
    let removed = to_the_end(async move { Ok(service.schedules.remove(&found, &author).await?) });
    removed.await?;
    Ok(StatusCode::NO_CONTENT)
}

#[utoipa::path(
    get,
    path = "/v1/schedules/{id}/next",
    operation_id = "trySchedule",
    tag = "commands",
    summary = "Show the next ten moments of a schedule, and every payload, without sending anything",
    responses(
        (status = 200, description = "The moments, with the payloads.", body = DryRun),
        (status = 400, description = "invalid-schedule"),
        (status = 404, description = "unknown-schedule"),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn next(
    authorized: Authorized<ReadCommands>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<Json<DryRun>, Problem> {
    let found = seen(&service, &authorized.reach, path_part("schedule", &id)?)?;
    let calendar = calendar(&found, &service)?;
    let kinds = match found.wish.device {
        Some(_) => service.downlinks.kinds(found.devices(&service.devices)),
        None => {
            let group = &found.group;
            let turn = service.expensive_turn(&authorized.principal, Some(group))?;
            kinds_of(&service, (group, &turn), &found.wish).await?
        }
    };
    let of_what = (&found.wish, &kinds[..]);
    let by: (&Downlinks, Words) = (&service.downlinks, refused);
    Ok(Json(dry_run(by, of_what, &calendar, Timestamp::now()).await?))
}

/// A schedule of another partner is as unknown as one that nobody has.
fn seen(service: &Service, reach: &Reach, id: Uuid) -> Result<Arc<Schedule>, Problem> {
    let found = service.schedules.get(id).filter(|schedule| sees(service, reach, schedule));
    found.ok_or_else(|| SchedulesError::Unknown(id).into())
}

/// Whether a schedule commands an object within reach, or a whole group.
fn sees(service: &Service, reach: &Reach, schedule: &Schedule) -> bool {
    let Some(dev_eui) = schedule.wish.device else { return reach.sees(&schedule.group) };
    let device = service.devices.get(dev_eui).filter(|device| device.group == schedule.group);
    let part = device.as_ref().and_then(|device| device.sub_group.as_ref());
    reach.sees_object(&schedule.group, part)
}
