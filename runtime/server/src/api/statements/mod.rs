//! Statements: the objects that partners have in service on a day, and what they cost.

mod lists;
mod table;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use champollion_delivery::formats::Layout;
use champollion_fleet::{grants::Place, names::PartnerId, roster::RosterError};
use champollion_registry::ledger::AuditEntry;
use champollion_service::statements::{IssuedStatement, Statement};
use champollion_store::{Batch, TableError};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Problem,
    authorized::{Administer, Authorized, ReadPeople},
    bodiless::NoBody,
    extract::{Parameters, PathParts, path_part, to_the_end},
    tables::{TableForm, TableShape},
};
use crate::{
    auth::Reach, authors::Author, expensive::Turn, kept_statements::Stated, service::Service,
    statements::StatementError,
};

pub(super) use lists::{__path_objects, objects};

/// The statements of a day.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatementList {
    /// The day in question.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// The moment at which the day begins in the territory.
    counted_at: Timestamp,
    /// The moment from which on changes are kept: objects of a day before are stated as they were at that moment.
    exact_since: Timestamp,
    /// Whether the day begins after that moment.
    is_exact: bool,
    /// The statements that the sender may see, in the order of their partners.
    statements: Vec<Shown>,
}

/// A statement, and the one that was issued.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShownStatement)]
pub(super) struct Shown {
    /// The name of the partner for people; absent of one that is not known any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner_name: Option<String>,
    #[serde(flatten)]
    statement: Statement,
    /// The mark that it left when it was issued; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<IssuedStatement>,
    /// Whether it still has the digest that was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    agrees: Option<bool>,
}

impl Shown {
    async fn new(service: &Service, statement: Statement) -> Result<Self, TableError> {
        let Statement { date, partner, .. } = &statement;
        let issued = IssuedStatement::read(&*service.store, *date, partner).await?;
        let agrees = issued.as_ref().map(|issued| issued.digest == statement.digest);
        let known = service.roster.partner(partner);
        let partner_name = known.map(|known| known.partner.name);
        Ok(Self { partner_name, statement, issued, agrees })
    }
}

impl From<StatementError> for Problem {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::ToCome(_) => Self::bad_request("day-to-come", error.to_string()),
            // A partner's owner, who cannot mend it, is not told of others.
            StatementError::UnknownPartner { .. } => {
                let detail = "the settings of the server name inhabitants of a partner that does not exist: the operator \
                              has to correct them before anything is stated";
                Self::conflict("unknown-inhabitants", detail)
            }
            StatementError::Table(error) => Self::internal(&error),
            StatementError::TooExpensive(error) => error.into(),
        }
    }
}

/// The parameter of a request for the statements of a day.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfDay {
    /// The day, as in `2027-01-01`.
    #[param(value_type = String, format = Date)]
    date: Date,
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

/// The form of a statement.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct InLayout {
    /// The layout of a table of CSV: `international` where it is left out, or `french`.
    #[param(inline)]
    layout: Option<Layout>,
}

#[utoipa::path(
    get,
    path = "/v1/statements",
    operation_id = "listStatements",
    tag = "people",
    summary = "List the statements of partners for a day that has begun",
    params(OfDay),
    responses(
        (
            status = 200,
            description = "The statements that the sender may see. With the Accept header their lines and sums are a \
                           table of CSV or a workbook.",
            body = StatementList,
        ),
        (status = 400, description = "day-to-come"),
        (status = 406, description = "not-acceptable"),
        (status = 409, description = "unknown-inhabitants"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn list(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    Parameters(OfDay { date, layout }): Parameters<OfDay>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = TableForm::of(&headers, layout)?;
    let turn = service.expensive_turn(&authorized.principal, None)?;
    may_state(&authorized.reach, &service)?;
    let stated = service.stated(date, &turn).await?;
    let seen = |partner: &PartnerId| sees(&authorized.reach, partner);
    let list = shown_list(&service, &stated, seen).await?;
    match form {
        None => Ok(Json(list).into_response()),
        Some(form) => table::answer(TableShape::new(form, turn), list.statements).await,
    }
}

/// A partner of others is as unknown as one that does not exist.
#[utoipa::path(
    get,
    path = "/v1/statements/{date}/{partner}",
    operation_id = "getStatement",
    tag = "people",
    summary = "Get the statement of a partner for a day that has begun",
    params(InLayout),
    responses(
        (
            status = 200,
            description = "The statement. With the Accept header its lines and its sum are a table of CSV or a \
                           workbook.",
            body = Shown,
        ),
        (status = 400, description = "day-to-come"),
        (status = 404, description = "unknown-partner"),
        (status = 406, description = "not-acceptable"),
        (status = 409, description = "unknown-inhabitants"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(super) async fn show(
    authorized: Authorized<ReadPeople>,
    State(service): State<Arc<Service>>,
    PathParts((date, partner)): PathParts<(String, String)>,
    Parameters(InLayout { layout }): Parameters<InLayout>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let form = TableForm::of(&headers, layout)?;
    let turn = service.expensive_turn(&authorized.principal, None)?;
    let of = (date.as_str(), partner.as_str());
    let statement = seen_statement(&authorized.reach, &service, of, &turn).await?;
    let shown = Shown::new(&service, statement).await.map_err(StatementError::from)?;
    match form {
        None => Ok(Json(shown).into_response()),
        Some(form) => table::answer(TableShape::new(form, turn), vec![shown]).await,
    }
}

/// The digest of each statement goes into the audit. What was issued stays: a statement that differs by now is refused.
#[utoipa::path(
    post,
    path = "/v1/statements/{date}",
    operation_id = "issueStatements",
    tag = "people",
    summary = "Issue the statements of all partners for a day, so that both parties hold the same number",
    responses(
        (status = 200, description = "The statements, each with its mark.", body = StatementList),
        (status = 400, description = "day-to-come"),
        (status = 409, description = "statement-differs, unknown-inhabitants"),
        (status = 429, description = "too-many-expensive-requests"),
        (status = 503, description = "too-busy, took-too-long, not-kept"),
    ),
)]
pub(super) async fn issue(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    PathParts(date): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<StatementList>, Problem> {
    let date: Date = path_part("date", &date)?;
    may_state(&authorized.reach, &service)?;
    let author = authorized.author(&service);
    let turn = service.expensive_turn(&authorized.principal, None)?;
    to_the_end(async move {
        let stated = service.stated_anew(date, &turn).await?;
        let fresh = not_issued(&service, &stated.statements).await?;
        if !fresh.is_empty() {
            let mut batch = Batch::new();
            for (partner, issued) in &fresh {
                issued.put(&mut batch, date, partner).map_err(StatementError::from)?;
            }
            let act = AuditEntry::of_act("statements-issue", date).with(json!(fresh));
            author.commit(batch, act).await?;
        }
        Ok(Json(shown_list(&service, &stated, |_| true).await?))
    })
    .await
}

/// The marks of statements that were not issued yet. One that was, and differs by now, refuses all.
async fn not_issued(
    service: &Service,
    statements: &BTreeMap<PartnerId, Statement>,
) -> Result<BTreeMap<PartnerId, IssuedStatement>, Problem> {
    let (mut fresh, mut differing) = (BTreeMap::new(), Vec::new());
    for (partner, statement) in statements {
        let before = IssuedStatement::read(&*service.store, statement.date, partner).await;
        match before.map_err(StatementError::from)? {
            None => {
                let issued = IssuedStatement::of(statement, Timestamp::now());
                fresh.insert(partner.clone(), issued);
            }
            Some(issued) if issued.digest == statement.digest => {}
            Some(_) => differing.push(partner.clone()),
        }
    }
    if differing.is_empty() {
        return Ok(fresh);
    }
    let names: Vec<String> = differing.iter().map(ToString::to_string).collect();
    let detail = format!(
        "what was issued to {} differs from what is stated now: compare both, and settle it outside; what was issued \
         stays",
        names.join(", ")
    );
    Err(Problem::conflict("statement-differs", detail).with("partners", names))
}

async fn shown_list(
    service: &Service,
    Stated { day, statements }: &Stated,
    sees: impl Fn(&PartnerId) -> bool,
) -> Result<StatementList, StatementError> {
    let mut shown = Vec::new();
    for (partner, statement) in statements {
        if sees(partner) {
            shown.push(Shown::new(service, statement.clone()).await?);
        }
    }
    let exact_since = service.service_history.since();
    Ok(StatementList {
        date: day.date,
        counted_at: day.begins,
        exact_since,
        is_exact: day.begins >= exact_since,
        statements: shown,
    })
}

/// The statement of a partner that the sender may see; of one without objects an empty one.
async fn seen_statement(
    reach: &Reach,
    service: &Arc<Service>,
    (date, partner): (&str, &str),
    turn: &Turn,
) -> Result<Statement, Problem> {
    let date: Date = path_part("date", date)?;
    let partner: PartnerId = path_part("partner", partner)?;
    if service.roster.partner(&partner).is_none() || !sees(reach, &partner) {
        return Err(RosterError::UnknownPartner(partner).into());
    }
    may_state(reach, service)?;
    let stated = service.stated(date, turn).await?;
    let settings = &service.config.statements;
    let none = || Statement::new(settings, stated.day, partner.clone(), Vec::new());
    Ok(stated.statements.get(&partner).cloned().unwrap_or_else(none))
}

/// Says to those who see all partners which name of the settings is none.
fn may_state(reach: &Reach, service: &Service) -> Result<(), Problem> {
    match service.check_inhabitants() {
        Err(unknown) if reach.covers(&Place::Territory) => {
            Err(Problem::conflict("unknown-inhabitants", unknown.to_string()))
        }
        _ => Ok(()),
    }
}

fn sees(reach: &Reach, partner: &PartnerId) -> bool {
    reach.covers(&Place::Partner(partner.clone()))
}
