//! The parts of a running server, put together.

mod opening;

use std::{collections::BTreeMap, sync::Arc};

use champollion_delivery::{
    dispatch::Dispatcher,
    mailbox::{DeliveryError, Mailbox},
    names::GroupId,
};
use champollion_fleet::{requests::Desk, roster::Roster, vault::Vault};
use champollion_lns::NetworkServerName;
use champollion_registry::{Registry, requests::RequestDesk};
use champollion_service::{notices::Notices, statements::ServiceHistory};
use champollion_store::Store;
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, watch};

pub use opening::Outside;

use crate::{
    alerts::Alerts,
    at_once::AtOnce,
    auth::{AdminOutlook, Administrators, Principal, Rates, Reach, SignIns, Tokens},
    backups::Backups,
    cluster::Cluster,
    config::Config,
    database_watch::DatabaseWatch,
    derived::DerivedAssignments,
    devices::{Devices, ImportsUnderWay},
    downlinks::Downlinks,
    expensive::{Expensive, TooExpensive, Turn},
    followers::{Followers, Place},
    handshakes::Handshakes,
    ingest::{Intake, Messages},
    kept_statements::KeptStatements,
    mail::Mailer,
    mqtt::{BrokerSessions, Receiver, Status},
    network_servers::{
        Observations, Observed,
        check::{NetworkServerCheck, check},
        surroundings::Surroundings,
    },
    outbox,
    parked::Parked,
    quality::Quality,
    quotas::{Pace, QuotaExceeded},
    redecode::Redecoding,
    rehearsals::Rehearsals,
    schedules::Schedules,
    sheet_lanes::SheetLanes,
    sign_in::{
        Attempts, Links, Passwords, Sessions,
        openid::{Identities, Provider},
    },
    storage::Storage,
    summaries::Summaries,
    workers::Workers,
};

/// Everything that the handlers work with.
pub struct Service {
    /// The settings of the server.
    pub config: Config,
    /// Where everything is kept, what is secret in it sealed.
    pub store: Arc<dyn Store>,
    /// The same store, for what one node of several does alone.
    pub(crate) led_store: Arc<dyn Store>,
    /// This node among those that share the store.
    pub cluster: Arc<Cluster>,
    /// The vault of the keys that the store is sealed with.
    pub vault: Arc<Vault>,
    /// The watch over the database, where one keeps everything.
    pub(crate) database: Option<Arc<DatabaseWatch>>,
    /// The use of the disk.
    pub storage: Arc<Storage>,
    /// The maker of backups.
    pub backups: Backups,
    /// The registry of decoders.
    pub registry: Arc<Registry>,
    /// The devices and their sessions.
    pub devices: Arc<Devices>,
    /// The mailbox of records.
    pub mailbox: Arc<Mailbox>,
    /// The routes on which they leave.
    pub dispatcher: Dispatcher,
    /// The partners, the people and their grants.
    pub roster: Arc<Roster>,
    /// The requests of partners, and of those who are to be.
    pub desk: Desk,
    /// The requests of partners for decoders.
    pub decoder_requests: Arc<RequestDesk>,
    /// The tokens and their roles.
    pub tokens: Arc<Tokens>,
    /// The sessions of people.
    pub sessions: Sessions,
    /// The passwords and second factors of people.
    pub passwords: Passwords,
    /// The identities of people at a provider of OpenID Connect.
    pub identities: Identities,
    /// The provider of OpenID Connect, where the settings have one.
    pub provider: Option<Provider>,
    /// The one-time links to choose a password.
    pub links: Links,
    /// The sender of mails, where the settings have one.
    pub mailer: Option<Mailer>,
    /// The judge of attempts to sign in by password.
    pub attempts: Attempts,
    /// The judge of failed sign-ins.
    pub sign_ins: SignIns,
    /// The judge of the rates of requests.
    pub rates: Rates,
    /// The acts that the audit has summed up.
    pub summaries: Summaries,
    /// The threads that decode.
    pub workers: Arc<Workers>,
    /// The threads of expensive requests.
    pub expensive: Expensive,
    /// Turns for packages that are compiled and rehearsed.
    pub publications: Semaphore,
    /// Places for packages that wait for such a turn.
    pub publications_waiting: Semaphore,
    /// The way from a frame to a record.
    pub intake: Intake,
    /// The way of a message of a network server.
    pub messages: Messages,
    /// The figures of connectivity.
    pub quality: Quality,
    /// The worker that decodes kept records once more.
    pub redecoding: Redecoding,
    /// The derived decoders of devices and groups.
    pub derived: DerivedAssignments,
    /// Rehearses candidates over kept records.
    pub rehearsals: Rehearsals,
    /// The commands to devices.
    pub downlinks: Arc<Downlinks>,
    /// The schedules of commands.
    pub schedules: Arc<Schedules>,
    /// The alerts and their rules.
    pub alerts: Arc<Alerts>,
    /// The messages that wait to be sent, as the node that sends knows them.
    pub(crate) outbox: Arc<outbox::Standing>,
    /// The notices of planned work and incidents.
    pub notices: Arc<Notices>,
    /// The history of what was in service, for statements.
    pub service_history: ServiceHistory,
    /// The statements that were made lately.
    pub(crate) kept_statements: KeptStatements,
    /// The messages that cannot be read.
    pub parked: Arc<Parked>,
    /// The handshakes of clouds that wait for an admin.
    pub handshakes: Handshakes,
    /// The receivers of brokers' messages, by network server.
    pub receivers: BTreeMap<NetworkServerName, Arc<Receiver>>,
    /// The status of the connections to brokers.
    pub brokers: Vec<Arc<Status>>,
    /// The lasting sessions that brokers keep for us.
    pub broker_sessions: Arc<BrokerSessions>,
    /// The traffic of the network servers since the start.
    pub observations: Arc<Observations>,
    /// The followers of records as they come, and those who wait for one.
    pub followers: Followers,
    /// The answers with records that are being sent.
    pub answers: Followers,
    /// The large answers that are being sent, by requester.
    pub(crate) large_answers: AtOnce,
    /// The packages that are under way to be tried, by token.
    pub(crate) publications_of_tokens: AtOnce,
    /// The lanes of sheets that are imported, or wait to be.
    pub(crate) sheet_lanes: SheetLanes,
    /// The progress of sheets that are under way.
    pub(crate) imports_under_way: ImportsUnderWay,
    /// The tests of routes.
    pub(crate) route_tests: Pace,
    /// The changes of routes.
    pub(crate) route_changes: Pace,
    /// Whether the server stops: who waits for something gives up.
    pub stopping: watch::Sender<bool>,
    /// The metrics that were counted.
    pub metrics: PrometheusHandle,
}

impl Service {
    /// Checks the network servers of the settings.
    pub(crate) fn check_network_servers(&self) -> Vec<NetworkServerCheck> {
        let (tokens, parked, now) = (self.tokens.list(), self.parked.list(), Timestamp::now());
        let one = |observed: &Arc<Observed>| {
            let kind = self.config.network_servers.get(observed.server())?.kind;
            let broker = self.brokers.iter().find(|status| status.server() == observed.server());
            let (tokens, parked) = (&tokens[..], &parked[..]);
            Some(check(&Surroundings { kind, observed, broker, tokens, parked }, now))
        };
        self.observations.all().filter_map(one).collect()
    }

    /// The time for which somebody can administer the server.
    pub(crate) fn admin_outlook(&self, now: Timestamp) -> AdminOutlook {
        let people = self.roster.administrators();
        self.tokens.admin_outlook(&Administrators(&people), now)
    }

    /// Takes a place among those who follow the records of a group, or wait for one.
    pub(crate) fn place_to_follow(
        &self,
        token: &str,
        group: &GroupId,
    ) -> Result<Place, QuotaExceeded> {
        let limits = self.config.quotas.of(group);
        self.followers.join(token, group, (limits.open_streams, limits.open_streams_of_token))
    }

    /// Takes a place for an answer with records of a group.
    pub(crate) fn place_to_answer(
        &self,
        token: &str,
        group: &GroupId,
    ) -> Result<Place, QuotaExceeded> {
        let limits = self.config.quotas.of(group);
        self.answers.join(token, group, (limits.open_answers, limits.open_answers_of_token))
    }

    /// Takes a place of an expensive request: about a group, or else for the group that the sender's requests count for.
    pub(crate) fn expensive_turn(
        &self,
        sender: &Principal,
        about: Option<&GroupId>,
    ) -> Result<Turn, TooExpensive> {
        match about {
            Some(group) => self.expensive.turn(&sender.token, Some(group)),
            None => self.expensive.turn(&sender.token, self.counted_group(sender).as_ref()),
        }
    }

    /// Returns the group that the requests of a sender count for, whatever they ask for; none of whoever sees all.
    pub(crate) fn counted_group(&self, sender: &Principal) -> Option<GroupId> {
        let places = sender.standings.iter().filter_map(|standing| standing.place.clone());
        Reach::of(places.collect(), Arc::clone(&self.roster)).counted_group()
    }

    /// Removes the records whose time is over.
    pub async fn expire(&self) -> Result<u64, DeliveryError> {
        let removed = self.dispatcher.expire(Timestamp::now()).await?;
        metrics::counter!("champollion_records_removed_total", "reason" => "expired")
            .increment(removed);
        Ok(removed)
    }
}
