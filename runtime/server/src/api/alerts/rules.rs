//! Rules of alerts: made, checked, tried on what is kept, and removed.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_delivery::{
    destinations::Secret, mailbox::PageBounds, names::GroupId, records::Cursor,
};
use champollion_registry::{RegistryError, ledger::AuditEntry};
use champollion_service::{
    alerts::{
        AlertsError, Condition, Definition, RouteFailure, Rule, RuleFault, RuleKey, RuleName,
        Trials,
    },
    outbox::Language,
};
use champollion_store::{Batch, StoreError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{commanding, declared::Terms};
use crate::{
    alerts::KeptFrame,
    api::{
        Problem,
        authorized::{Authorized, ManageRoutes, ReadRoutes},
        extract::{OfGroup, Parameters, PathParts, SecretBody, parameter, path_part, to_the_end},
        paging::{self, PageEnd, Window},
    },
    auth::Reach,
    authors::{AuditedAuthor, Author},
    expensive::Turn,
    outbox::{self, MailRecipients},
    service::Service,
};

/// The name that no rule can have: its path is that of trials.
const TRIAL: &str = "try";

/// Times that a rule is put where other nodes put rules of its group at once.
const TRIES: u32 = 10;

/// Most routes of a group that are counted.
const ROUTES: usize = 1_000;

/// Records that are read at once for a trial.
const RECORDS: usize = 256;

/// A rule as it is shown, its secrets hidden.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShownAlertRule)]
pub(in crate::api) struct ShownRule {
    /// The group whose devices the rule watches.
    group: GroupId,
    /// The name of the rule.
    name: RuleName,
    /// The moment of the last change.
    #[schema(value_type = String, format = DateTime)]
    changed_at: Timestamp,
    /// The condition in words.
    in_words: String,
    #[serde(flatten)]
    definition: Definition,
}

/// The rules of groups, by the names of groups and then of rules.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AlertRuleList)]
pub(in crate::api) struct RuleList {
    rules: Vec<ShownRule>,
    #[serde(flatten)]
    end: PageEnd,
}

/// The rules that are asked for.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct WantedRules {
    /// The group; all that the sender sees where it is left out.
    #[param(inline)]
    group: Option<GroupId>,
    /// Where the page before ended: its `next`.
    after: Option<String>,
    /// The most items of an answer, 1 to 1000.
    #[serde(default, deserialize_with = "paging::limit")]
    limit: Option<usize>,
}

/// A rule that was made or changed.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeAlertRule)]
pub(in crate::api) struct MadeRule {
    #[serde(flatten)]
    rule: ShownRule,
    /// The number of devices that it watches now, or of routes; a rule on none waits for the first.
    watched: u64,
    /// The signing secret of its requests, where it was made here. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_secret: Option<Secret>,
}

impl ShownRule {
    fn of(service: &Service, RuleKey { group, name }: RuleKey, rule: Rule) -> Self {
        let in_words = service.alerts.judge.words(Language::En).condition(&rule.definition.when);
        let (changed_at, definition) = (rule.changed_at, rule.definition.hidden());
        Self { group, name, changed_at, in_words, definition }
    }
}

#[utoipa::path(
    get,
    path = "/v1/alerts/rules",
    operation_id = "listAlertRules",
    tag = "alerts",
    summary = "List rules of alerts: those of a group, or of all that the sender sees",
    params(WantedRules),
    responses(
        (status = 200, description = "The rules, without their secrets.", body = RuleList),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(in crate::api) async fn list(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    Parameters(WantedRules { group, after, limit }): Parameters<WantedRules>,
) -> Result<Json<RuleList>, Problem> {
    let groups = super::groups(&authorized.reach, &service, group)?;
    let from: Option<Place> =
        after.as_deref().map(|place| parameter("after", place)).transpose()?;
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let lookups = window.lookups();
    let rules = if let [_] = &*groups {
        later(&service, groups, from.as_ref(), lookups).await?
    } else {
        // Each of very many groups is looked at.
        let turn = service.expensive_turn(&authorized.principal, None)?;
        let looked =
            turn.see_through(async move { later(&service, groups, from.as_ref(), lookups).await });
        looked.await??
    };
    let (rules, end) = paging::page(rules, window, |rule: &ShownRule| Place::of(rule).to_string());
    Ok(Json(RuleList { rules, end }))
}

/// The place of a rule in the list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    group: String,
    name: String,
}

impl Place {
    fn of(rule: &ShownRule) -> Self {
        Self { group: rule.group.to_string(), name: rule.name.to_string() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.name)
    }
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (group, name) = text.split_once('/').ok_or("say the `next` of the page before")?;
        Ok(Self { group: group.to_owned(), name: name.to_owned() })
    }
}

/// The first rules of groups behind a place.
async fn later(
    service: &Service,
    groups: Vec<GroupId>,
    from: Option<&Place>,
    limit: usize,
) -> Result<Vec<ShownRule>, Problem> {
    let mut rules: Vec<ShownRule> = Vec::new();
    for group in groups {
        if from.is_some_and(|from| group.as_str() < from.group.as_str()) {
            continue;
        }
        if rules.len() >= limit {
            break;
        }
        let found = service.alerts.rules.of_group(&group).await.map_err(AlertsError::from)?;
        // In the order of their names, which has each of them once.
        let shown = found.into_iter().map(|(key, rule)| ShownRule::of(service, key, rule));
        rules.extend(shown.filter(|rule| from.is_none_or(|from| Place::of(rule) > *from)));
    }
    Ok(rules)
}

#[utoipa::path(
    get,
    path = "/v1/alerts/rules/{name}",
    operation_id = "getAlertRule",
    tag = "alerts",
    summary = "Get a rule",
    params(OfGroup),
    responses(
        (status = 200, description = "The rule, without its secrets.", body = ShownRule),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-alert-rule"),
    ),
)]
pub(in crate::api) async fn show(
    authorized: Authorized<ReadRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<Json<ShownRule>, Problem> {
    let key = key(&authorized.reach, group, &name)?;
    let rule = service.alerts.rules.rule(&key).await?;
    Ok(Json(ShownRule::of(&service, key, rule)))
}

/// The alerts of the rule end where another condition or another scope takes the place of its own.
#[utoipa::path(
    put,
    path = "/v1/alerts/rules/{name}",
    operation_id = "putAlertRule",
    tag = "alerts",
    summary = "Make a rule, or replace its definition; secrets stay where none are said",
    params(OfGroup),
    request_body = Definition,
    responses(
        (
            status = 200,
            description = "The rule, its limits in the units of the vocabulary. A signing secret that was made here is \
                           shown once.",
            body = MadeRule,
        ),
        (status = 400, description = "group-missing"),
        (status = 404, description = "DECODER"),
        (status = 409, description = "too-many-alert-rules, quarantined"),
        (
            status = 422,
            description = "invalid-alert-rule, no-decoder, no-network-server, no-downlinks, CALL",
        ),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(in crate::api) async fn put(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    SecretBody(definition): SecretBody<Definition>,
) -> Result<Json<MadeRule>, Problem> {
    let key = key(&authorized.reach, group, &name)?;
    let turn = service.expensive_turn(&authorized.principal, Some(&key.group))?;
    let (mut definition, devices) = checked(&service, (&key.group, &turn), definition).await?;
    let by = (&authorized.principal, &key.group, &turn);
    commanding::check(&service, by, &definition).await?;
    drop(turn);
    match service.alerts.rules.rule(&key).await {
        Ok(before) => definition.tell.keep_secrets(&before.definition.tell),
        Err(AlertsError::UnknownRule(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let signing_secret = outbox::sign(&mut definition.tell);
    let limits = service.config.delivery.limits();
    let recipients = MailRecipients::new(&service.config.outbox.mail_to, &service.roster);
    let recipients = service.mailer.is_some().then_some(&recipients);
    outbox::check(&limits, &key.group, &definition.tell, recipients).map_err(refused)?;
    let watched = match &definition.when {
        Condition::Route(watch) => routes(&service, &key.group, watch).await?,
        _ => devices,
    };
    let author = authorized.author(&service);
    to_the_end(async move {
        let rule = made_durable(&service, &key, definition, &author).await?;
        service.alerts.reload_of(&key.group).await?;
        let rule = ShownRule::of(&service, key, rule);
        Ok(Json(MadeRule { rule, watched, signing_secret }))
    })
    .await
}

/// Makes a rule durable with its line of the audit. Where other rules of the group are put at once, they take turns: of one
/// process they wait for each other, and of several they try again.
async fn made_durable(
    service: &Service,
    key: &RuleKey,
    definition: Definition,
    author: &AuditedAuthor,
) -> Result<Rule, Problem> {
    let shown = json!(definition.clone().hidden());
    let limit = service.config.quotas.of(&key.group).alert_rules;
    let _turn = service.alerts.putting.of(&key.group).await;
    let mut tries = 0;
    loop {
        let (mut batch, definition) = (Batch::new(), definition.clone());
        let put = service.alerts.rules.put(&mut batch, (key, definition), limit, Timestamp::now());
        let rule = put.await?;
        let act = AuditEntry::of_act("alert-rule-put", key).with(shown.clone());
        tries += 1;
        match author.commit(batch, act).await {
            Err(RegistryError::Store(StoreError::Conflict { .. })) if tries < TRIES => {}
            committed => return Ok(committed.map(|()| rule)?),
        }
    }
}

/// The alerts of the rule end without a word.
#[utoipa::path(
    delete,
    path = "/v1/alerts/rules/{name}",
    operation_id = "removeAlertRule",
    tag = "alerts",
    summary = "Remove a rule; its alerts end and stay in the list",
    params(OfGroup),
    responses(
        (status = 204, description = "It is done."),
        (status = 400, description = "group-missing"),
        (status = 404, description = "no-such-alert-rule"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(in crate::api) async fn remove(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    PathParts(name): PathParts<String>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
) -> Result<StatusCode, Problem> {
    let key = key(&authorized.reach, group, &name)?;
    let author = authorized.author(&service);
    to_the_end(async move {
        let mut batch = Batch::new();
        service.alerts.rules.remove(&mut batch, &key).await?;
        let act = AuditEntry::of_act("alert-rule-remove", &key);
        author.commit(batch, act.essential()).await?;
        service.alerts.reload_of(&key.group).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}

/// Nobody is told, and nothing is kept.
#[utoipa::path(
    post,
    path = "/v1/alerts/rules/try",
    operation_id = "tryAlertRule",
    tag = "alerts",
    summary = "Try a rule on the records that are kept",
    params(OfGroup),
    request_body = Definition,
    responses(
        (status = 200, description = "The alerts that the rule would have raised, when and where.", body = Trials),
        (status = 400, description = "group-missing"),
        (status = 422, description = "invalid-alert-rule"),
        (status = 429, description = "too-many-expensive-requests, busy"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(in crate::api) async fn try_out(
    authorized: Authorized<ManageRoutes>,
    State(service): State<Arc<Service>>,
    Parameters(OfGroup { group }): Parameters<OfGroup>,
    SecretBody(definition): SecretBody<Definition>,
) -> Result<Json<Trials>, Problem> {
    let group = authorized.reach.group(group)?;
    let turn = service.expensive_turn(&authorized.principal, Some(&group))?;
    let (definition, _) = checked(&service, (&group, &turn), definition).await?;
    if matches!(definition.when, Condition::Route(_)) {
        let detail = "when.route: records do not tell how routes did: make the rule, and see";
        return Err(refused(detail.to_owned()));
    }
    tried(&service, &group, definition, &turn).await.map(Json)
}

/// Tries a rule on the kept records of a group, page by page.
async fn tried(
    service: &Service,
    group: &GroupId,
    definition: Definition,
    turn: &Turn,
) -> Result<Trials, Problem> {
    // A rule that is paused is tried as if it were armed: that is what a trial is for.
    let definition = Definition { paused: false, ..definition };
    let rule = Rule::instead(None, definition, Timestamp::now());
    let mut trial = service.alerts.judge.trial(rule.definition.when.clone());
    let mut after = Cursor::default();
    loop {
        let page = service.mailbox.pull_page(group, after, PageBounds::records(RECORDS)).await?;
        after = page.next;
        let (records, more, watched) = (page.records, page.more, rule.clone());
        trial = turn
            .run(move || {
                let kept = records.iter().filter_map(|pulled| KeptFrame::read(pulled.record.get()));
                for kept in kept.filter(|kept| watched.watches(&kept.place())) {
                    trial.frame(&kept.place(), &kept.frame());
                }
                trial
            })
            .await?;
        if !more {
            return Ok(trial.end(Timestamp::now()));
        }
    }
}

/// A rule that can work, its limits in the units of the vocabulary, and the number of devices in its scope.
async fn checked(
    service: &Arc<Service>,
    (group, turn): (&GroupId, &Turn),
    definition: Definition,
) -> Result<(Definition, u64), Problem> {
    let terms = Terms::of(service, (group, &definition.scope), turn).await?;
    Ok((definition.checked(&terms)?, terms.devices()))
}

/// The number of routes of a group that a rule watches.
async fn routes(service: &Service, group: &GroupId, watch: &RouteFailure) -> Result<u64, Problem> {
    let groups = BTreeSet::from([group.clone()]);
    let own = service.dispatcher.list(Some(&groups), None, ROUTES).await?;
    let is_watched = |name: &str| watch.route.as_ref().is_none_or(|route| route.as_str() == name);
    Ok(own.iter().filter(|route| is_watched(route.name.as_str())).count() as u64)
}

impl From<RuleFault> for Problem {
    fn from(fault: RuleFault) -> Self {
        refused(fault.to_string()).worded(&fault)
    }
}

/// The problem of a rule that cannot be; what is said begins with the place of the fault.
fn refused(said: String) -> Problem {
    let path = said.split([':', ' ']).next().unwrap_or_default().to_owned();
    Problem::unprocessable("invalid-alert-rule", said).with("path", path)
}

fn key(reach: &Reach, group: Option<GroupId>, name: &str) -> Result<RuleKey, Problem> {
    let name: RuleName = path_part("name of a rule", name)?;
    if name.as_str() == TRIAL {
        let detail = "\"try\" names no rule, since its path is that of trials: take another name";
        return Err(Problem::bad_request("invalid-path", detail));
    }
    Ok(RuleKey { group: reach.group(group)?, name })
}
