//! The pages of the operator: first steps, the state of the house, decoders, network servers, partners and their
//! requests, rights, and the audit.

mod audit;
mod audit_search;
mod connectivity;
mod deciding;
mod decoder;
mod decoder_changes;
mod decoder_forms;
mod decoder_reports;
mod decoders;
mod first_steps;
mod grants;
mod home;
mod house;
mod invitation;
mod keys;
mod known_decoder;
mod mapping;
mod network_servers;
mod notices;
mod parked;
mod partner;
mod partners;
mod people;
mod person;
mod places;
mod publication;
mod quarantine;
mod quotas;
mod redecode;
mod request;
mod request_decision;
mod requests;
mod sections;
mod storage;
mod tokens;
mod values;
mod vault;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/operator", get(home::show))
        .merge(of_decoders())
        .merge(of_operation())
        .merge(of_people())
}

fn of_decoders() -> Router<Arc<Service>> {
    Router::new()
        .route("/operator/decoders", get(decoders::list))
        .route("/operator/decoders/publish", get(publication::show).post(publication::publish))
        .route("/operator/decoders/{vendor}/{model}", get(decoder::show))
        .route("/operator/decoders/{vendor}/{model}/change", post(decoder_changes::change))
        .route("/operator/decoders/{vendor}/{model}/mapping", get(mapping::show).post(mapping::put))
        .route(
            "/operator/decoders/{vendor}/{model}/redecode",
            get(redecode::show).post(redecode::redecode),
        )
        .route("/operator/quarantine", get(quarantine::list))
        .route("/operator/quarantine/{vendor}/{model}", post(quarantine::set_aside))
        .route("/operator/quarantine/{vendor}/{model}/{version}/lift", post(quarantine::lift))
        .route("/operator/keys", get(keys::list).post(keys::add))
        .route("/operator/keys/rotate", post(keys::rotate))
        .route("/operator/keys/{key}/revoke", post(keys::revoke))
}

fn of_operation() -> Router<Arc<Service>> {
    Router::new()
        .route("/operator/network-servers", get(network_servers::list))
        .route("/operator/notices", get(notices::list).post(notices::add))
        .route("/operator/notices/{id}/follow-up", post(notices::follow_up))
        .route("/operator/notices/{id}/cancel", post(notices::cancel))
        .route("/operator/parked", get(parked::list))
        .route("/operator/parked/retry", post(parked::retry_all))
        .route("/operator/parked/{id}", get(parked::show))
        .route("/operator/parked/{id}/retry", post(parked::retry))
        .route("/operator/parked/{id}/discard", post(parked::discard))
        .route("/operator/storage", get(storage::show))
        .route("/operator/quality", get(connectivity::figures))
        .route("/operator/quality/workbook", get(connectivity::workbook))
        .route("/operator/gateways", get(connectivity::gateways))
        .route("/operator/gateways/{id}", get(connectivity::gateway))
        .route("/operator/quotas", get(quotas::list))
        .route("/operator/audit", get(audit::show))
        .route("/operator/audit/archive", post(audit::archive))
        .route("/operator/audit/check", get(audit::verify))
        .route("/operator/vault", get(vault::show))
        .route("/operator/vault/rotate", post(vault::rotate))
}

fn of_people() -> Router<Arc<Service>> {
    Router::new()
        .route("/operator/requests", get(requests::list))
        .route("/operator/requests/{id}", get(request::show))
        .route("/operator/requests/{id}/checks/{number}", post(request::check))
        .route("/operator/requests/{id}/remarks", post(request::remark))
        .route("/operator/requests/{id}/decision", post(deciding::decide))
        .route("/operator/partners", get(partners::list).post(partners::add))
        .route("/operator/partners/{partner}", get(partner::show).post(partner::change))
        .route("/operator/partners/{partner}/end", post(partner::end))
        .route("/operator/people", get(people::list).post(people::add))
        .route("/operator/people/{id}", get(person::show))
        .route("/operator/people/{id}/invite", post(person::invite))
        .route("/operator/people/{id}/grants", post(person::grant))
        .route("/operator/people/{id}/{act}", post(person::act))
        .route("/operator/grants", get(grants::list))
        .route("/operator/grants/workbook", get(grants::as_workbook))
        .route("/operator/grants/{person}/{grant}/{act}", post(grants::act))
        .route("/operator/tokens", get(tokens::list).post(tokens::make))
        .route("/operator/tokens/{id}/{act}", post(tokens::act))
}
