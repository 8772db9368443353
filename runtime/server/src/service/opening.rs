//! The start of a server: all that the data folder holds is opened, room by room.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::DirBuilder,
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use champollion_delivery::{dispatch::Dispatcher, mailbox::Mailbox, routes::Expression};
use champollion_fleet::{requests::Desk, roster::Roster};
use champollion_registry::Registry;
use champollion_sandbox::{Compiler, Sandbox, SandboxConfig};
use champollion_service::{notices::Notices, statements::ServiceHistory};
use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Semaphore, watch};

use super::Service;
use crate::{
    adoption::Adoption,
    alerts::Alerts,
    at_once::AtOnce,
    auth::Tokens,
    backend::Backend,
    backups::Backups,
    cluster::{AgreedSettings, Cluster, Joined, LeadsEar, Protocol, Rooms},
    config::Config,
    database_watch::DatabaseWatch,
    derived::DerivedAssignments,
    devices::{Devices, ImportsUnderWay},
    downlinks::{Carrier, Downlinks, Encoder},
    expensive::Expensive,
    followers::Followers,
    handshakes::Handshakes,
    ingest::{Intake, Messages},
    kept_statements::KeptStatements,
    mail::Mailer,
    mirrors,
    mqtt::{self, BrokerSessions, Connection, Farewell, Prepared, Receiver},
    network_servers::Observations,
    pages::QuantityNames,
    parked::Parked,
    planned_work,
    quality::Quality,
    quotas::Pace,
    redecode::Redecoding,
    rehearsals::Rehearsals,
    schedules::Schedules,
    sheet_lanes::SheetLanes,
    sign_in::{
        Attempts, Links, Passwords, Sessions,
        openid::{Identities, Provider},
    },
    start_error::StartError,
    storage::Storage,
    summaries::Summaries,
    workers::{DecodingSettings, Workers},
};

/// Packages that are compiled and rehearsed at once; further ones wait. A rehearsal may take seconds,
/// and the cores are for the frames.
const PUBLICATIONS: usize = 1;

/// The connections and carriers to network servers, prepared and not started.
pub struct Outside {
    /// The connections to brokers.
    pub connections: Vec<Connection>,
    /// The ends of sessions at brokers that the settings have no more.
    pub farewells: Vec<Farewell>,
    /// The carriers of commands.
    pub carriers: Vec<Carrier>,
}

impl Service {
    /// Opens everything that the data folder holds; `compiler` says how components are compiled.
    pub async fn open(
        config: Config,
        compiler: Compiler,
        metrics: PrometheusHandle,
    ) -> Result<(Arc<Self>, Outside), StartError> {
        // The client of network servers takes what the whole process uses; a second time is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        make_private_folder(&config.data_dir).map_err(|error| StartError::Setup {
            what: format!("the folder {} cannot be made", config.data_dir.display()),
            reason: error.to_string(),
        })?;
        let folder = |name: &str| -> PathBuf { config.data_dir.join(name) };
        let backend = Backend::open(&config).await?;
        // Before anybody writes a blob: what an unfinished one left is removed on opening.
        let backups = Backups::new(backend.backup_source()?, &config.backup);
        let (store, vault) = (Arc::clone(&backend.store), Arc::clone(&backend.vault));
        let leases = Arc::clone(&backend.leases);
        let database = backend.databases().map(DatabaseWatch::new).map(Arc::new);
        let (retention, delivery) = (&config.retention, &config.delivery);
        let agreed = AgreedSettings::of(retention, delivery, &config.territory, &config.store);
        let node = (&config.cluster, &*config.data_dir);
        let protocol = Protocol::of(config.store.as_before);
        let (agreed, key) = ((&agreed, protocol), vault.node_key());
        let joined = Cluster::join(store, leases, node, agreed, key).await?;
        let Joined { cluster, store, led: led_store } = joined;
        let cluster = Arc::new(cluster);
        cluster.founded(&*store).await?;
        let storage = Arc::new(Storage::open(Arc::clone(&store), config.store.limits()).await?);
        let blobs = backend.blobs("packages")?;
        let sandbox = Arc::new(Sandbox::new(SandboxConfig {
            limits: config.sandbox.clone(),
            compiler,
            code_cache: Some(folder("code")),
        })?);
        let registry =
            Registry::open(config.registry(), sandbox, Arc::clone(&store), blobs).await?;
        let mirrors = mirrors::open(&config.mirrors).map_err(|(name, reason)| {
            let what = format!("[mirrors.{name}] cannot be used");
            StartError::Setup { what, reason }
        })?;
        let audit = backend.blobs("audit")?;
        let registry = registry.with_mirrors(mirrors).with_audit_archives(audit).await?;
        let registry = Arc::new(registry);
        Expression::limit_fuel(config.expensive.fuel);
        let devices = Arc::new(Devices::open(Arc::clone(&store)).await?);
        if let Some(databases) = backend.databases() {
            databases.keep_at_home(&devices.groups()).await?;
        }
        let mailbox = Arc::new(Mailbox::new(Arc::clone(&led_store), config.retention.time()));
        let files = backend.blobs("files")?;
        if config.delivery.private_addresses {
            tracing::warn!(
                "[delivery] private-addresses opens all private networks, and no longer this machine \
                 or its link: list the networks that recipients are in under allow-networks instead"
            );
        }
        let limits = config.delivery.limits();
        let dispatcher = match cluster.has_lease() {
            true => Dispatcher::open(Arc::clone(&mailbox), files, limits).await?,
            false => Dispatcher::open_beside(Arc::clone(&mailbox), files, limits).await?,
        };
        let roster = Arc::new(Roster::open(Arc::clone(&store), config.people).await?);
        let desk = Desk::open(&*store).await?;
        let decoder_requests = Arc::new(registry.open_requests().await?);
        let tokens = Arc::new(Tokens::open(Arc::clone(&store)).await?);
        if cluster.has_lease() {
            let (registry, roster) = (&registry, &roster);
            Adoption { registry, roster, devices: &devices, tokens: &tokens }.run(&*store).await?;
        }
        let sessions = Sessions::open(&*store, &config.sign_in).await?;
        let passwords = Passwords::new(Arc::clone(&store));
        let links = Links::new(&config.sign_in);
        let identities = Identities::open(&*store).await?;
        let provider = provider_of(&config)?;
        let mailer = mailer_of(&config)?;
        let attempts = Attempts::new(config.sign_in.tries, config.sign_in.tries_per_minute);
        let quotas = Arc::new(config.quotas.clone());
        tokens.limit_by(Arc::clone(&quotas), config.people);
        devices.limit_by(Arc::clone(&quotas));
        devices.approve_by(Arc::clone(&roster), config.approvals.unowned_groups);
        let of_routes = Arc::clone(&quotas);
        dispatcher.limit_routes(move |group| of_routes.of(group).routes);
        let (sign_ins, rates) = (config.requests.sign_ins(), config.requests.rates());
        let DecodingSettings { workers, queue, .. } = config.decoding;
        let workers =
            Workers::start(workers, queue, config.sandbox.stack_bytes).map_err(|error| {
                let what = "the threads that decode cannot be started".to_owned();
                StartError::Setup { what, reason: error.to_string() }
            })?;
        let workers = Arc::new(workers);
        let sheet_lanes = SheetLanes::start(config.sheets.clone());
        let sheet_lanes = sheet_lanes.map_err(|error| StartError::Setup {
            what: "the threads of sheets cannot be started".to_owned(),
            reason: error.to_string(),
        })?;
        let expensive = Expensive::start(config.expensive, config.sandbox.stack_bytes);
        let expensive = expensive.map_err(|error| StartError::Setup {
            what: "the threads of expensive requests cannot be started".to_owned(),
            reason: error.to_string(),
        })?;
        let derived = DerivedAssignments::open(Arc::clone(&store), Arc::clone(&registry)).await?;
        let address = &config.sign_in.public_address;
        let stores = (Arc::clone(&store), Arc::clone(&led_store));
        let mails = (address.as_str(), config.territory.clocks());
        let alerts =
            Alerts::open(stores, Arc::clone(&devices), mails, Arc::new(QuantityNames)).await?;
        let alerts = Arc::new(alerts);
        let intake = Intake::new(
            Arc::clone(&devices),
            derived.clone(),
            Arc::clone(&mailbox),
            (Arc::clone(&workers), Arc::clone(&alerts)),
            Arc::clone(&storage),
            config.frames.copies_window(),
            config.keks.clone(),
        );
        let intake = intake.among_nodes(cluster.follower().cloned(), cluster.load());
        let leads_ear = LeadsEar::new(Arc::clone(&cluster), Arc::clone(&store));
        let nodes = cluster.follower().map(|_| (Arc::clone(&mailbox), leads_ear.clone()));
        let (led, own_devices) = (Arc::clone(&led_store), Arc::clone(&devices));
        let by = (config.quality.clone(), config.territory.days());
        let quality = Quality::new(led, own_devices, by, nodes);
        if cluster.has_lease() {
            quality.take_over().await?;
        }
        intake.count_by(Arc::clone(quality.counts()));
        let redecoding = Redecoding::new(
            Arc::clone(&led_store),
            derived.clone(),
            Arc::clone(&devices),
            Arc::clone(&mailbox),
            Arc::clone(expensive.workers()),
        );
        let rehearsals = Rehearsals::new(
            Arc::clone(&devices),
            Arc::clone(&registry),
            Arc::clone(&mailbox),
            derived.clone(),
            Arc::clone(expensive.long_workers()),
        );
        let encoder = Encoder::new(Arc::clone(&registry), Arc::clone(expensive.workers()));
        let commanded =
            config.network_servers.iter().filter(|(_, server)| server.downlink.is_some());
        let commanded = commanded.map(|(name, _)| name.clone()).collect();
        let stores = (Arc::clone(&led_store), Arc::clone(&store));
        let downlinks =
            Downlinks::open(stores, encoder, config.downlinks, commanded, quotas).await?;
        let downlinks = Arc::new(downlinks);
        let schedules = Schedules::open(Arc::clone(&led_store), config.schedules.of_group).await?;
        let schedules = Arc::new(schedules);
        let notices = Arc::new(Notices::open(Arc::clone(&store)).await?);
        planned_work::heed(&notices, &quality, &alerts);
        let service_history = ServiceHistory::open(Arc::clone(&store), Timestamp::now()).await?;
        if let Some(follower) = cluster.follower() {
            follower.tell(Rooms {
                store: Arc::clone(&store),
                tokens: Arc::clone(&tokens),
                roster: Arc::clone(&roster),
                registry: Arc::clone(&registry),
                decoder_requests: Arc::clone(&decoder_requests),
                devices: Arc::clone(&devices),
                downlinks: Arc::clone(&downlinks),
                derived: derived.clone(),
                alerts: Arc::clone(&alerts),
                notices: Arc::clone(&notices),
            });
        }
        let observations = Arc::new(Observations::of(config.network_servers.keys()));
        let messages =
            Messages::new(intake.clone(), Arc::clone(&downlinks), Arc::clone(&observations))
                .heard_by(leads_ear);
        let parked = Arc::new(Parked::open(Arc::clone(&led_store), config.parked).await?);
        let (mut receivers, mut brokers) = (BTreeMap::new(), Vec::new());
        let mut outside =
            Outside { connections: Vec::new(), farewells: Vec::new(), carriers: Vec::new() };
        let broker_sessions = Arc::new(BrokerSessions::open(Arc::clone(&led_store)).await?);
        let mut sessions_of_settings = BTreeSet::new();
        for (name, settings) in &config.network_servers {
            // There is one for each network server of the settings.
            let Some(observed) = observations.get(name) else { continue };
            let unusable = |section: &'static str| {
                move |error: &dyn std::fmt::Display| StartError::NetworkServer {
                    server: name.clone(),
                    section,
                    reason: error.to_string(),
                }
            };
            settings.check_description().map_err(|error| unusable("json")(&error))?;
            let prepared = settings.mqtt.as_ref();
            let prepared =
                prepared.map(|mqtt| Prepared::new(name, settings.kind, mqtt, Arc::clone(observed)));
            let prepared = prepared.transpose().map_err(|error| unusable("mqtt")(&error))?;
            let broker =
                prepared.as_ref().map(|prepared| (prepared.publisher.clone(), prepared.hearing()));
            if let Some(prepared) = prepared {
                let receiver = Receiver::new(
                    settings,
                    config.frames.shared_devices,
                    config.http.body_bytes,
                    messages.clone(),
                    Arc::clone(observed),
                    Arc::clone(&parked),
                    Arc::clone(&store),
                );
                let receiver = Arc::new(receiver.noting(prepared.hearing()));
                receivers.insert(name.clone(), Arc::clone(&receiver));
                brokers.push(prepared.status());
                if !sessions_of_settings.insert(prepared.session_key()) {
                    let reason = "another network server has the same client-id at the same broker, which \
                                  would end the connection of one when the other comes";
                    return Err(unusable("mqtt")(&reason));
                }
                let sessions = Arc::clone(&broker_sessions);
                outside.connections.push(prepared.with(receiver, sessions));
            }
            if let Some(downlink) = &settings.downlink {
                let carrier = Carrier::new(name, settings.kind, downlink, broker);
                outside.carriers.push(carrier.map_err(|error| unusable("downlink")(&error))?);
            }
        }
        let publications_waiting = Semaphore::new(config.publication.waiting);
        outside.farewells = mqtt::farewells(&sessions_of_settings, &broker_sessions);
        let service = Arc::new(Self {
            config,
            store,
            led_store,
            cluster,
            vault,
            database,
            storage,
            backups,
            registry,
            devices,
            mailbox,
            dispatcher,
            roster,
            desk,
            decoder_requests,
            tokens,
            sessions,
            passwords,
            identities,
            provider,
            links,
            mailer,
            attempts,
            sign_ins,
            rates,
            summaries: Summaries::default(),
            workers,
            expensive,
            publications: Semaphore::new(PUBLICATIONS),
            publications_waiting,
            intake,
            messages,
            quality,
            redecoding,
            derived,
            rehearsals,
            downlinks,
            schedules,
            alerts,
            outbox: Arc::default(),
            notices,
            service_history,
            kept_statements: KeptStatements::default(),
            parked,
            handshakes: Handshakes::default(),
            receivers,
            brokers,
            broker_sessions,
            observations,
            followers: Followers::of_streams(),
            answers: Followers::of_answers(),
            large_answers: AtOnce::default(),
            publications_of_tokens: AtOnce::default(),
            sheet_lanes,
            imports_under_way: ImportsUnderWay::default(),
            route_tests: Pace::default(),
            route_changes: Pace::default(),
            stopping: watch::channel(false).0,
            metrics,
        });
        Ok((service, outside))
    }
}

/// The sender of mails. Links in them need the address that people have in their browsers.
fn mailer_of(config: &Config) -> Result<Option<Mailer>, StartError> {
    let what = "[mail] cannot be used".to_owned();
    let mailer = config
        .mail
        .open()
        .map_err(|error| StartError::Setup { what: what.clone(), reason: error.to_string() })?;
    if mailer.is_none() && !config.quality.gateway_mails.is_empty() {
        let reason = "[quality] gateway-mails need a host of [mail], or must be empty".to_owned();
        return Err(StartError::Setup { what, reason });
    }
    if mailer.is_some() && config.sign_in.public_address.is_empty() {
        let reason =
            "links in mails need [sign-in] public-address, such as https://champollion.example";
        return Err(StartError::Setup { what, reason: reason.to_owned() });
    }
    Ok(mailer)
}

/// The provider at which people sign in, where the settings have one.
fn provider_of(config: &Config) -> Result<Option<Provider>, StartError> {
    let provider = Provider::new(&config.sign_in.openid, &config.sign_in.public_address);
    provider.map_err(|reason| StartError::Setup {
        what: "[sign-in.openid] cannot be used".to_owned(),
        reason,
    })
}

fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}
