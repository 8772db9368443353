//! The HTTP interface: a file for each kind of thing that is served.

mod alerts;
#[cfg(feature = "bench")]
pub mod apart;
mod approvals;
pub mod authorized;
mod backups;
mod between;
mod bodiless;
mod catalogue;
mod channels;
mod choose_password;
mod commandable;
mod decode;
mod decoder_requests;
mod derived;
mod device_import;
mod devices;
mod downlinks;
mod duties;
mod events;
mod extract;
mod front;
mod gateways;
mod gathering;
mod group_places;
mod handing_on;
mod handshakes;
mod health;
mod held_body;
mod history;
mod ingest;
mod inside;
mod keys;
mod known_network_server;
mod leftover;
mod mappings;
mod me;
mod network_servers;
mod nodes;
mod notices;
mod open_answers;
mod own_sessions;
mod own_tokens;
mod paging;
mod parked;
mod partners;
mod people;
mod points;
mod problem;
mod progress_lines;
mod protective_headers;
mod quality;
mod quarantine;
mod quotas;
mod records;
mod redecode;
mod reference;
mod registry;
mod rehearsals;
mod request_id;
mod requester;
mod retention;
mod room;
mod route_change;
mod route_edits;
mod routes;
mod schedules;
mod secrets;
mod session_cookie;
mod sign_in;
mod statements;
mod tables;
mod tokens;
mod vault;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{Method, Uri},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::compression::CompressionLayer;
use tracing::field::Empty;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use alerts::Terms as AlertTerms;
pub(crate) use downlinks::refused;
pub(crate) use extract::read_body;
pub use inside::Pages;
pub(crate) use inside::{Asker, Interface, read_json};
pub use problem::Problem;
pub(crate) use problem::Translation;
pub(crate) use request_id::RequestId;
pub(crate) use session_cookie::{check_origin, cookie_of, session_of};

use crate::service::Service;
use duties::{open_routes, routes};
use front::Front;
use reference::Reference;

/// Builds the router of all endpoints. Each is added with its description: an endpoint without one does not
/// compile here, so `/openapi.json` lacks none. Those of `routes!` need a token, those of `open_routes!` none, but for
/// `/v1/me` with what is below it and the end of a session, which any sender may ask for. The pages for people stand
/// beside the endpoints, and within the same bounds.
pub fn router(service: Arc<Service>, pages: Pages) -> Router {
    let (router, mut document) = OpenApiRouter::with_openapi(reference::frontispiece())
        .merge(ingest::routes())
        .routes(routes!(handshakes::list))
        .routes(routes!(decode::decode))
        .routes(routes!(registry::publish, registry::download))
        .routes(routes!(rehearsals::rehearse))
        .routes(routes!(channels::promote))
        .routes(routes!(channels::rollback))
        .routes(routes!(channels::shadow_report, channels::shadow))
        .routes(routes!(channels::canary_report, channels::canary))
        .routes(routes!(channels::yank))
        .routes(routes!(channels::unyank))
        .routes(routes!(channels::deprecate))
        .routes(routes!(mappings::show, mappings::put))
        .routes(routes!(mappings::show_version))
        .routes(routes!(keys::list, keys::add))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::head))
        .routes(routes!(history::index))
        .routes(routes!(history::verify))
        .routes(routes!(history::mend))
        .routes(routes!(history::audit))
        .routes(routes!(history::audit_head))
        .routes(routes!(history::archive_audit))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::lift, quarantine::set_aside))
        .merge(
            OpenApiRouter::default().routes(routes!(records::pull)).layer(CompressionLayer::new()),
        )
        .routes(routes!(records::follow))
        .routes(routes!(redecode::redecode))
        .routes(routes!(records::acknowledge))
        .routes(routes!(devices::list))
        .routes(routes!(device_import::progress, device_import::import))
        .routes(routes!(devices::show, devices::register, devices::remove))
        .routes(routes!(devices::hand_over))
        .routes(routes!(devices::assign))
        .routes(routes!(derived::of_device, derived::assign_to_device))
        .routes(routes!(derived::of_group, derived::assign_to_group))
        .routes(routes!(points::list))
        .routes(routes!(points::show))
        .routes(routes!(points::put, points::take))
        .routes(routes!(points::replace))
        .routes(routes!(downlinks::of_device, downlinks::send))
        .routes(routes!(downlinks::send_to_group))
        .routes(routes!(downlinks::show, downlinks::cancel))
        .routes(routes!(schedules::list, schedules::add))
        .routes(routes!(schedules::show, schedules::change, schedules::remove))
        .routes(routes!(schedules::next))
        .routes(routes!(network_servers::check))
        .routes(routes!(notices::list, notices::add))
        .routes(routes!(notices::feed))
        .routes(routes!(notices::calendar))
        .routes(routes!(notices::show, notices::change))
        .routes(routes!(notices::follow_up))
        .routes(routes!(notices::cancel))
        .routes(routes!(notices::hook, notices::put_hook, notices::remove_hook))
        .routes(open_routes!(notices::reader, notices::put_reader))
        .routes(routes!(statements::list))
        .routes(routes!(statements::issue))
        .routes(routes!(statements::show))
        .routes(routes!(statements::objects))
        .routes(routes!(nodes::list))
        .routes(routes!(group_places::list))
        .routes(routes!(group_places::put))
        .routes(routes!(parked::list))
        .routes(routes!(parked::show, parked::drop))
        .routes(routes!(parked::retry))
        .routes(routes!(retention::show))
        .routes(routes!(quotas::show))
        .routes(routes!(quality::figures))
        .routes(routes!(quality::silent))
        .routes(routes!(quality::excluded))
        .routes(routes!(quality::availability))
        .routes(routes!(gateways::list))
        .routes(routes!(gateways::show))
        .routes(routes!(routes::list))
        .routes(routes!(events::list))
        .routes(routes!(routes::show, routes::put, route_edits::change, routes::remove))
        .routes(routes!(route_edits::rotate_secrets))
        .routes(routes!(route_edits::retire_secrets))
        .routes(routes!(route_edits::skip))
        .routes(routes!(routes::pause))
        .routes(routes!(routes::resume))
        .routes(routes!(routes::test))
        .routes(routes!(routes::attempts))
        .routes(open_routes!(me::show))
        .routes(open_routes!(approvals::ask))
        .routes(open_routes!(approvals::look))
        .routes(open_routes!(approvals::answer))
        .routes(open_routes!(approvals::withdraw))
        .routes(routes!(approvals::list))
        .routes(routes!(approvals::show))
        .routes(routes!(approvals::check))
        .routes(routes!(approvals::remark))
        .routes(routes!(approvals::decide))
        .routes(routes!(approvals::show_of_partner, approvals::ask_again))
        .routes(routes!(approvals::end))
        .routes(routes!(decoder_requests::list, decoder_requests::ask))
        .routes(routes!(decoder_requests::show))
        .routes(routes!(decoder_requests::vectors))
        .routes(routes!(decoder_requests::replace_payloads))
        .routes(routes!(decoder_requests::estimate))
        .routes(routes!(decoder_requests::order))
        .routes(routes!(decoder_requests::question))
        .routes(routes!(decoder_requests::answer))
        .routes(routes!(decoder_requests::propose))
        .routes(routes!(decoder_requests::judge))
        .routes(routes!(decoder_requests::finish))
        .routes(routes!(decoder_requests::decline))
        .routes(routes!(decoder_requests::withdraw))
        .routes(routes!(partners::list, partners::add))
        .routes(routes!(partners::show, partners::change))
        .routes(routes!(people::list, people::add))
        .routes(routes!(people::show, people::change))
        .routes(routes!(people::grant))
        .routes(routes!(people::revoke))
        .routes(routes!(people::confirm))
        .routes(routes!(people::suspend))
        .routes(routes!(people::resume))
        .routes(routes!(sign_in::invite))
        .routes(routes!(sign_in::remove_second_factor))
        .routes(open_routes!(sign_in::sign_in, sign_in::sign_out))
        .routes(open_routes!(sign_in::begin_openid))
        .routes(open_routes!(sign_in::callback))
        .routes(open_routes!(sign_in::end_openid))
        .routes(routes!(sign_in::unlink))
        .routes(open_routes!(sign_in::choose_password))
        .routes(open_routes!(sign_in::forgotten))
        .routes(open_routes!(choose_password::page))
        .routes(open_routes!(choose_password::script))
        .routes(open_routes!(sign_in::change_password))
        .routes(open_routes!(own_sessions::list))
        .routes(open_routes!(own_sessions::end))
        .routes(open_routes!(own_tokens::list, own_tokens::create))
        .routes(open_routes!(own_tokens::revoke))
        .routes(open_routes!(sign_in::begin_second_factor))
        .routes(open_routes!(sign_in::confirm_second_factor))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(tokens::confirm))
        .routes(routes!(vault::rotate))
        .routes(routes!(backups::make))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::show))
        .routes(routes!(alerts::acknowledge))
        .routes(routes!(alerts::rules::list))
        .routes(routes!(alerts::rules::try_out))
        .routes(routes!(alerts::rules::show, alerts::rules::put, alerts::rules::remove))
        .routes(open_routes!(health::alive))
        .routes(open_routes!(health::ready))
        .routes(routes!(health::storage))
        .routes(routes!(health::metrics))
        .split_for_parts();
    let (open_router, open_document) = OpenApiRouter::default()
        .routes(open_routes!(catalogue::list))
        .routes(open_routes!(catalogue::show))
        .routes(open_routes!(catalogue::show_version))
        .routes(open_routes!(reference::document))
        .routes(open_routes!(reference::schema))
        .split_for_parts();
    document.merge(open_document);
    let reference = Arc::new(Reference::new(&document));
    let bounds = Bounds { service: Arc::clone(&service), reference: Arc::clone(&reference) };
    let bounded = || middleware::from_fn_with_state(bounds.clone(), within_bounds);
    // What is refused is open as well: else a page of another site cannot read why.
    let open_router = open_answers::open(
        open_router
            .method_not_allowed_fallback(no_such_method)
            .route_layer(bounded())
            .layer(Extension(reference)),
    );
    let endpoints = router
        .route_layer(bounded())
        .merge(open_router)
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method);
    let interface = Interface::of(endpoints.clone(), &service);
    let all = endpoints.merge(pages.routes.clone().method_not_allowed_fallback(no_such_method));
    let all = all.with_state(Arc::clone(&service));
    Router::new().fallback_service(Front::of(all, interface, &pages, &service))
}

/// The parts that judge a request once its operation is known.
#[derive(Clone)]
struct Bounds {
    service: Arc<Service>,
    reference: Arc<Reference>,
}

/// Refuses requests with a parameter that their operation does not know, and those that would grow where there is no
/// room; takes handshakes of clouds that come to a door without a token. One layer does all: a layer stands around each
/// route, and costs each request.
async fn within_bounds(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let unknown = bounds.reference.unknown_parameter(&request);
    match unknown.or_else(|| room::lacking(&bounds.service, &request)) {
        Some(problem) => problem.into_response(),
        None if ingest::is_door(&request) && handshakes::may_be(&request) => {
            handshakes::before_the_token(&bounds.service, request, next).await
        }
        None => next.run(request).await,
    }
}

/// The span of a request in the log: lines of any level carry the id of the request, so that its level is the highest.
/// The path is shown at debug alone, and the query never: clients put secrets there by mistake.
fn span(request: &Request) -> tracing::Span {
    let id = request.extensions().get::<RequestId>().map(RequestId::as_str);
    let span = tracing::error_span!("request", id, method = Empty, path = Empty);
    if tracing::enabled!(tracing::Level::DEBUG) {
        span.record("method", request.method().as_str()).record("path", request.uri().path());
    }
    span
}

async fn no_such_path(uri: Uri) -> Problem {
    let advice = ingest::meant_door(uri.path());
    Problem::not_found("no-such-path", format!("nothing is served at {}", uri.path()))
        .advised(advice)
}

async fn no_such_method(method: Method, uri: Uri) -> Problem {
    Problem::method_not_allowed(format!("{} does not take {method}", uri.path()))
}
