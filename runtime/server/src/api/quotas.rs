//! Quotas of groups: what each may have, and what it has.

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use axum::{Json, extract::State};
use champollion_delivery::names::GroupId;
use champollion_lns::Priority;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Problem,
    authorized::{Authorized, Collect},
    extract::Parameters,
    paging::{self, PageEnd, Window},
};
use crate::{auth::Principal, service::Service};

/// The groups that are asked about.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// The group; an admin names it, a partner has its own.
    #[param(inline)]
    group: Option<GroupId>,
    /// Where the page before ended: its `next`.
    #[param(inline)]
    after: Option<GroupId>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct QuotaList {
    quotas: Vec<QuotasOfGroup>,
    #[serde(flatten)]
    end: PageEnd,
}

/// The quotas of a group.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct QuotasOfGroup {
    group: GroupId,
    waiting_commands: Use,
    open_commands: Use,
    routes: Use,
    tokens: Use,
    devices: Use,
    alert_rules: Use,
    /// Messages of alerts and notices that wait to be sent.
    waiting_messages: Use,
    /// Mails that alerts have sent in this hour.
    mails_per_hour: Use,
    /// The same on this day, by UTC.
    mails_per_day: Use,
    /// Alerts that are kept, open ones and others: as they were counted in the last hour, with those raised since.
    kept_alerts: Use,
    open_streams: Use,
    open_answers: Use,
    route_tests_per_minute: Use,
    route_changes_per_minute: Use,
    /// Whether its tokens may send commands with the priority `high`.
    high_priority: bool,
}

/// The use of a quota.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = QuotaUse)]
struct Use {
    used: usize,
    limit: usize,
}

/// A partner sees those of its group, an admin all, or those of the group that it names.
#[utoipa::path(
    get,
    path = "/v1/quotas",
    operation_id = "listQuotas",
    tag = "operation",
    summary = "List the quotas of groups and their use",
    params(Wanted),
    responses((status = 200, description = "The quotas.", body = QuotaList)),
)]
pub(super) async fn show(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    Parameters(Wanted { group, after, limit }): Parameters<Wanted>,
) -> Result<Json<QuotaList>, Problem> {
    let groups = authorized.reach.groups(group)?.unwrap_or_else(|| known_groups(&service));
    let before = after.as_ref().map(ToString::to_string);
    let window = Window::new(before, limit, service.config.http.page_bytes).with_end();
    let is_later = |group: &GroupId| after.as_ref().is_none_or(|after| group > after);
    let later = groups.into_iter().filter(is_later);
    let quotas = later.map(|group| of_group(&service, group));
    let place = |quotas: &QuotasOfGroup| quotas.group.to_string();
    let (quotas, end) = paging::page(quotas, window, place);
    Ok(Json(QuotaList { quotas, end }))
}

/// The groups that have anything, or quotas of their own.
pub(super) fn known_groups(service: &Service) -> BTreeSet<GroupId> {
    let mut groups = service.dispatcher.groups();
    groups.extend(service.devices.groups());
    groups.extend(service.downlinks.groups());
    groups.extend(service.followers.groups());
    groups.extend(service.answers.groups());
    groups.extend(service.config.quotas.groups.keys().cloned());
    groups.extend(service.roster.owned_groups());
    let tokens = service.tokens.list();
    groups.extend(tokens.iter().filter_map(|token| token.role.group()).cloned());
    groups
}

fn of_group(service: &Service, group: GroupId) -> QuotasOfGroup {
    let limits = service.config.quotas.of(&group);
    let (waiting, open) = service.downlinks.counts(&group);
    let tests = service.route_tests.count(&group, Instant::now());
    let changes = service.route_changes.count(&group, Instant::now());
    let (mails_in_hour, mails_in_day) = service.outbox.mails(&group, Timestamp::now());
    let of = |used, limit| Use { used, limit };
    QuotasOfGroup {
        waiting_commands: of(waiting, limits.waiting_commands),
        open_commands: of(open, limits.open_commands),
        routes: of(service.dispatcher.count(&group), limits.routes),
        tokens: of(service.tokens.count_of(&group, Timestamp::now()), limits.tokens),
        devices: of(service.devices.count_of(&group), limits.devices),
        alert_rules: of(service.alerts.armed.count_of(&group), limits.alert_rules),
        waiting_messages: of(service.outbox.waiting(&group), limits.waiting_messages),
        mails_per_hour: of(mails_in_hour, limits.mails_per_hour),
        mails_per_day: of(mails_in_day, limits.mails_per_day),
        kept_alerts: of(service.alerts.kept(&group), limits.kept_alerts),
        open_streams: of(service.followers.count(&group), limits.open_streams),
        open_answers: of(service.answers.count(&group), limits.open_answers),
        route_tests_per_minute: of(tests, limits.route_tests_per_minute),
        route_changes_per_minute: of(changes, limits.route_changes_per_minute),
        high_priority: limits.high_priority,
        group,
    }
}

/// Whether a sender may send a command of a priority to a group.
pub(super) fn permit_priority(
    service: &Service,
    principal: &Principal,
    group: &GroupId,
    priority: Priority,
) -> Result<(), Problem> {
    let is_free = priority != Priority::High || principal.is_admin();
    if is_free || service.config.quotas.of(group).high_priority {
        return Ok(());
    }
    let detail = format!(
        "commands of the priority high go before those of all other groups, and the group {group} may not \
         send them: send it as normal, or ask the operator of the server for high-priority = true under \
         [quotas.groups.{group}] in the settings"
    );
    Err(Problem::priority_not_permitted(detail).with("quota", "high-priority").with("group", group))
}
