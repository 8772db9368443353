//! Tokens: made, listed and revoked by admins, and by owners within what is theirs.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use champollion_fleet::{grants::Place, names::GroupId, roster::RosterError};
use champollion_lns::NetworkServerName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Problem,
    authorized::{Authorized, ManageTokens},
    bodiless::NoBody,
    extract::{JsonBody, Parameters, PathParts, parameter, to_the_end},
    known_network_server::check_known,
    paging::{self, Listing, PageEnd, Window},
    people::check_in_force,
};
use crate::{
    auth::{
        GroupRefused, NewToken, Principal, Reach, Role, RoleWish, Scope, Standing, TokenError,
        TokenInfo, TokenMaker, TokenPlace, TokenRequest, Used,
    },
    authors::Author,
    service::Service,
};

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = TokenRequest)]
pub(super) struct Wanted {
    name: String,
    /// `admin`, `auditor`, `lns`, `publisher`, `partner`, `reader`, `operator`, `owner` or `person`.
    role: String,
    /// The group of a `partner`.
    group: Option<GroupId>,
    /// The place of a `reader`, an `operator` or an `owner`.
    scope: Option<Place>,
    /// The person of a token of the role `person`.
    person: Option<Uuid>,
    scopes: Option<BTreeSet<Scope>>,
    expires_at: Option<Timestamp>,
    network_server: Option<NetworkServerName>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NewToken)]
pub(super) struct Created {
    #[serde(flatten)]
    info: TokenInfo,
    /// Shown here, and nowhere again.
    token: String,
}

/// A token, and when it was last used.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShownToken)]
pub(super) struct Shown {
    #[serde(flatten)]
    info: TokenInfo,
    /// The last request with it; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
}

impl Shown {
    /// A token with its last use.
    pub(super) fn new(service: &Service, info: TokenInfo) -> Self {
        let last_used_at = service.tokens.last_uses().of(Used::Token(&info.id));
        Self { info, last_used_at }
    }

    /// The place in the list, to go on after.
    pub(super) fn place(&self) -> String {
        self.info.place().to_string()
    }
}

impl From<NewToken> for Created {
    fn from(made: NewToken) -> Self {
        Self { token: made.secret.reveal().to_owned(), info: made.info }
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TokenList {
    pub(super) tokens: Vec<Shown>,
    #[serde(flatten)]
    pub(super) end: PageEnd,
}

#[utoipa::path(
    post,
    path = "/v1/tokens",
    operation_id = "createToken",
    tag = "tokens",
    summary = "Make a token",
    request_body = Wanted,
    responses(
        (status = 201, description = "The token. Its secret is shown once.", body = Created),
        (
            status = 400,
            description = "invalid-scopes, invalid-role, unknown-network-server, name-too-long, invalid-name, \
                           expires-in-the-past",
        ),
        (status = 404, description = "unknown-person, unknown-partner"),
        (status = 503, description = "not-kept"),
        (status = 409, description = "quota-exceeded, too-many-tokens, person-suspended"),
    ),
)]
pub(super) async fn create(
    authorized: Authorized<ManageTokens>,
    State(service): State<Arc<Service>>,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    let Wanted { name, role, group, scope, person, .. } = wanted;
    let role = Role::new(RoleWish { name: role, group, scope, person })
        .map_err(|error| Problem::bad_request("invalid-role", error.to_string()))?;
    if let Some(name) = &wanted.network_server {
        if role != Role::Lns {
            let detail = "only a token of the role lns is bound to a network server";
            return Err(Problem::bad_request("invalid-role", detail));
        }
        check_known(&service, name)?;
    }
    let Wanted { scopes, expires_at, network_server, .. } = wanted;
    may_make(&authorized, &service, &role, scopes.as_ref())?;
    // One that is not narrowed may add people and grants anyway.
    let expires_at = match authorized.principal.scopes {
        Some(_) => no_later(&service, &authorized.principal, expires_at)?,
        None => expires_at,
    };
    let author = authorized.author(&service);
    let created_by = Some(maker_of(&service, &authorized.principal));
    let wish = TokenRequest { name, role, scopes, expires_at, network_server, created_by };
    let token = to_the_end(async move { made(&service, wish, &author).await }).await?;
    Ok((StatusCode::CREATED, Json(token.into())))
}

/// Makes a token. One of a person is made while the account is in force: nothing waits for a resumption.
pub(super) async fn made(
    service: &Service,
    wish: TokenRequest,
    author: &dyn Author,
) -> Result<NewToken, Problem> {
    let turn = match wish.role.person() {
        None => None,
        Some(person) => {
            let turn = service.roster.turn().await;
            check_in_force(service, person)?;
            Some(turn)
        }
    };
    let token = service.tokens.create(wish, Timestamp::now(), author).await?;
    drop(turn);
    Ok(token)
}

/// Checks that a sender may make a token: nobody gives others more than they have themselves, or elsewhere.
fn may_make(
    authorized: &Authorized<ManageTokens>,
    service: &Service,
    role: &Role,
    scopes: Option<&BTreeSet<Scope>>,
) -> Result<(), Problem> {
    let Authorized { principal, reach, .. } = authorized;
    check_narrowed(principal, scopes)?;
    let standings = match role.person() {
        None => {
            may_reach(reach, service, role)?;
            role.standing().into_iter().collect()
        }
        Some(person) => {
            let found = service.roster.person(person);
            let found = found.filter(|found| reach.covers(&found.home));
            let found = found.ok_or(RosterError::UnknownPerson(person))?;
            service.roster.grants_of(found.id).into_iter().map(Standing::of).collect::<Vec<_>>()
        }
    };
    for Standing { role, place, .. } in &standings {
        let place = place.as_ref().unwrap_or(&Place::Territory);
        let own = principal.scopes_at(|own| service.roster.covers(own, place));
        let given = scopes.cloned().unwrap_or_else(|| Scope::all_of(role));
        let exceeding =
            given.iter().filter(|scope| scope.is_of(role)).find(|scope| !own.contains(*scope));
        if let Some(scope) = exceeding {
            return Err(Problem::forbidden(format!(
                "a token of the role {role} for {place} has the scope {scope}, which you have not there"
            )));
        }
    }
    Ok(())
}

/// Checks that the place of a role lies within reach. Roles that have none are the operator's of the server.
fn may_reach(reach: &Reach, service: &Service, role: &Role) -> Result<(), Problem> {
    let place = role.standing().and_then(|standing| standing.place);
    let place = place.unwrap_or(Place::Territory);
    if !reach.covers(&place) {
        return Err(GroupRefused::OtherPlace(place).into());
    }
    match place {
        Place::Partner(partner) if service.roster.partner(&partner).is_none() => {
            Err(RosterError::UnknownPartner(partner).into())
        }
        _ => Ok(()),
    }
}

/// Checks that a sender whose token is narrowed makes tokens that are narrowed as well.
fn check_narrowed(principal: &Principal, wanted: Option<&BTreeSet<Scope>>) -> Result<(), Problem> {
    let Some(own) = &principal.scopes else { return Ok(()) };
    if wanted.is_some_and(|wanted| wanted.iter().all(|scope| scope.is_among(own))) {
        return Ok(());
    }
    let own: Vec<&str> = own.iter().map(|scope| scope.as_str()).collect();
    Err(Problem::forbidden(format!(
        "this token is narrowed to {}: it makes tokens of these scopes alone",
        own.join(", ")
    )))
}

/// The end of a token that a sender makes: no later than that of the token that makes it, which is also the end where
/// none is wished.
pub(super) fn no_later(
    service: &Service,
    principal: &Principal,
    wished: Option<Timestamp>,
) -> Result<Option<Timestamp>, Problem> {
    let own = service.tokens.in_force(&principal.token, Timestamp::now());
    let Some(end) = own.and_then(|own| own.expires_at) else { return Ok(wished) };
    match wished {
        Some(wished) if wished > end => Err(Problem::forbidden(format!(
            "this token ends at {end}: it makes tokens that end no later"
        ))),
        wished => Ok(wished.or(Some(end))),
    }
}

/// The sender as the maker of a token. A token that was made by a person's token is one of the person as well.
pub(super) fn maker_of(service: &Service, principal: &Principal) -> TokenMaker {
    let own = service.tokens.in_force(&principal.token, Timestamp::now());
    let through = own.and_then(|own| own.created_by).and_then(|maker| maker.person);
    TokenMaker { name: principal.name.clone(), person: principal.person.or(through) }
}

/// Whether a token is one that the sender looks after.
fn is_own(reach: &Reach, service: &Service, token: &TokenInfo) -> bool {
    if reach.is_everything() {
        return true;
    }
    match token.role.person() {
        Some(person) => {
            service.roster.person(person).is_some_and(|person| reach.covers(&person.home))
        }
        None => {
            let place = token.role.standing().and_then(|standing| standing.place);
            place.is_some_and(|place| reach.covers(&place))
        }
    }
}

#[utoipa::path(
    get,
    path = "/v1/tokens",
    operation_id = "listTokens",
    tag = "tokens",
    summary = "List the tokens that the sender looks after, without their secrets",
    params(Listing),
    responses((status = 200, description = "The tokens.", body = TokenList)),
)]
pub(super) async fn list(
    authorized: Authorized<ManageTokens>,
    State(service): State<Arc<Service>>,
    Parameters(Listing { after, limit }): Parameters<Listing>,
) -> Result<Json<TokenList>, Problem> {
    let from: Option<TokenPlace> =
        after.as_deref().map(|place| parameter("after", place)).transpose()?;
    let later = |token: &TokenInfo| from.as_ref().is_none_or(|from| token.place() > *from);
    let own = |token: &TokenInfo| is_own(&authorized.reach, &service, token);
    let tokens = service.tokens.list().into_iter().filter(later).filter(own);
    let tokens = tokens.map(|info| Shown::new(&service, info));
    let window = Window::new(after, limit, service.config.http.page_bytes);
    let (tokens, end) = paging::page(tokens, window, Shown::place);
    Ok(Json(TokenList { tokens, end }))
}

#[utoipa::path(
    delete,
    path = "/v1/tokens/{id}",
    operation_id = "revokeToken",
    tag = "tokens",
    summary = "Revoke a token",
    responses(
        (status = 204, description = "It is done."),
        (status = 404, description = "unknown-token"),
        (status = 503, description = "not-kept"),
        (status = 409, description = "last-admin"),
    ),
)]
pub(super) async fn revoke(
    authorized: Authorized<ManageTokens>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
) -> Result<StatusCode, Problem> {
    let id = own_token(&authorized, &service, id)?;
    let author = authorized.author(&service);
    to_the_end(async move {
        let people = || service.roster.administrators();
        service.tokens.revoke(&id, &people, Timestamp::now(), &author).await?;
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A token that nobody confirms may be forgotten by all: it is to be revoked.
#[utoipa::path(
    post,
    path = "/v1/tokens/{id}/confirm",
    operation_id = "confirmToken",
    tag = "tokens",
    summary = "Note at a review that a token is still right",
    responses(
        (status = 200, description = "The token, without its secret.", body = Shown),
        (status = 404, description = "unknown-token"),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn confirm(
    authorized: Authorized<ManageTokens>,
    State(service): State<Arc<Service>>,
    PathParts(id): PathParts<String>,
    NoBody: NoBody,
) -> Result<Json<Shown>, Problem> {
    let id = own_token(&authorized, &service, id)?;
    let author = authorized.author(&service);
    let confirmed = to_the_end(async move {
        let info = service.tokens.confirm(&id, Timestamp::now(), &author).await?;
        Ok(Shown::new(&service, info))
    });
    Ok(Json(confirmed.await?))
}

/// The id of a token that the sender looks after; one of others is as unknown as one that does not exist.
fn own_token(
    authorized: &Authorized<ManageTokens>,
    service: &Service,
    id: String,
) -> Result<String, Problem> {
    let found = service.tokens.list().into_iter().find(|token| token.id == id);
    if !found.is_some_and(|token| is_own(&authorized.reach, service, &token)) {
        return Err(TokenError::NoSuchToken(id).into());
    }
    Ok(id)
}
