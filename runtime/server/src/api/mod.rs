//! The HTTP interface: a file for each kind of thing that is served.

mod acts;
pub mod authorized;
mod catalogue;
mod channels;
mod decode;
mod devices;
mod downlinks;
mod extract;
mod health;
mod history;
mod ingest;
mod keys;
mod leftover;
mod paging;
mod parked;
mod problem;
mod quarantine;
mod quotas;
mod records;
mod redecode;
mod registry;
mod retention;
mod room;
mod routes;
mod secrets;
mod tokens;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, Uri},
    middleware,
    routing::{delete, get, post, put},
};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, trace::TraceLayer};

pub use problem::Problem;

use crate::service::Service;

/// Builds the router of all endpoints.
pub fn router(service: Arc<Service>) -> Router {
    Router::new()
        .merge(ingest::routes())
        .route("/v1/decode", post(decode::decode))
        .route("/v1/catalogue", get(catalogue::list))
        .route("/v1/catalogue/{vendor}/{model}", get(catalogue::show))
        .route("/v1/catalogue/{vendor}/{model}/{version}", get(catalogue::show_version))
        .route("/v1/registry/{vendor}/{model}/{version}", put(registry::publish))
        .route("/v1/registry/{vendor}/{model}/{version}", get(registry::download))
        .route("/v1/registry/{vendor}/{model}/promote", post(channels::promote))
        .route("/v1/registry/{vendor}/{model}/rollback", post(channels::rollback))
        .route(
            "/v1/registry/{vendor}/{model}/shadow",
            get(channels::shadow_report).post(channels::shadow),
        )
        .route(
            "/v1/registry/{vendor}/{model}/canary",
            get(channels::canary_report).post(channels::canary),
        )
        .route("/v1/registry/{vendor}/{model}/yank", post(channels::yank))
        .route("/v1/registry/{vendor}/{model}/unyank", post(channels::unyank))
        .route("/v1/registry/{vendor}/{model}/deprecate", post(channels::deprecate))
        .route("/v1/registry/keys", get(keys::list).post(keys::add))
        .route("/v1/registry/keys/rotate", post(keys::rotate))
        .route("/v1/registry/keys/{key}/revoke", post(keys::revoke))
        .route("/v1/registry/head", get(keys::head))
        .route("/v1/registry/index", get(history::index))
        .route("/v1/registry/verify", get(history::verify))
        .route("/v1/registry/mend", post(history::mend))
        .route("/v1/audit", get(history::audit))
        .route("/v1/audit/head", get(history::audit_head))
        .route("/v1/audit/archive", post(history::archive_audit))
        .route("/v1/registry/quarantine", get(quarantine::list))
        .route(
            "/v1/registry/quarantine/{vendor}/{model}/{version}",
            delete(quarantine::lift).put(quarantine::set_aside),
        )
        .merge(
            Router::new().route("/v1/records", get(records::pull)).layer(CompressionLayer::new()),
        )
        .route("/v1/records/stream", get(records::follow))
        .route("/v1/records/redecode", post(redecode::redecode))
        .route("/v1/records/ack", post(records::acknowledge))
        .route("/v1/devices", get(devices::list))
        .route("/v1/devices/{dev_eui}", get(devices::show))
        .route("/v1/devices/{dev_eui}", put(devices::register))
        .route("/v1/devices/{dev_eui}", delete(devices::remove))
        .route("/v1/devices/{dev_eui}/session", put(devices::hand_over))
        .route("/v1/devices/{dev_eui}/decoder", put(devices::assign))
        .route("/v1/devices/{dev_eui}/downlinks", get(downlinks::of_device).post(downlinks::send))
        .route("/v1/groups/{group}/downlinks", post(downlinks::send_to_group))
        .route("/v1/downlinks/{id}", get(downlinks::show).delete(downlinks::cancel))
        .route("/v1/parked", get(parked::list))
        .route("/v1/parked/{id}", get(parked::show).delete(parked::drop))
        .route("/v1/parked/{id}/retry", post(parked::retry))
        .route("/v1/retention", get(retention::show))
        .route("/v1/quotas", get(quotas::show))
        .route("/v1/routes", get(routes::list))
        .route("/v1/routes/{name}", get(routes::show).put(routes::put).delete(routes::remove))
        .route("/v1/routes/{name}/pause", post(routes::pause))
        .route("/v1/routes/{name}/resume", post(routes::resume))
        .route("/v1/routes/{name}/test", post(routes::test))
        .route("/v1/routes/{name}/attempts", get(routes::attempts))
        .route("/v1/tokens", get(tokens::list).post(tokens::create))
        .route("/v1/tokens/{id}", delete(tokens::revoke))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/v1/storage", get(health::storage))
        .route("/metrics", get(health::metrics))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&service), room::for_growth))
        .layer(middleware::from_fn(leftover::read_leftover))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(service)
}

/// The span of a request in the log. Its query is not shown: clients put secrets there by mistake.
fn span(request: &axum::extract::Request) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
}

async fn no_such_path(uri: Uri) -> Problem {
    Problem::not_found("no-such-path", format!("nothing is served at {}", uri.path()))
}

async fn no_such_method(method: Method, uri: Uri) -> Problem {
    Problem::method_not_allowed(format!("{} does not take {method}", uri.path()))
}
