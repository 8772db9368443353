//! Runs the server until it is asked to stop.

use std::{
    fs::{OpenOptions, Permissions},
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::names::GroupId;
use champollion_registry::ledger::Actor;
use champollion_sandbox::Compiler;
use champollion_store::StoreError;
use jiff::Timestamp;
use metrics_exporter_prometheus::BuildError;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinSet,
};

use crate::{
    api,
    auth::{ADMIN_ENDS_SOON, AdminOutlook, NewToken, Role, TokenError},
    authors::AuditedAuthor,
    cluster::{End, every},
    config::Config,
    connections::{self, raise_descriptors},
    leading, pages, quality,
    service::Service,
    start_error::StartError,
    storage::LOOK_PERIOD,
    telemetry,
    tls::TlsError,
};

/// The interval at which the histograms are summed up, whether anybody looks at them or not.
const METRICS_PERIOD: Duration = Duration::from_secs(5);

/// The interval at which acts are summed up for the audit, and what nobody needs any more is forgotten.
const SUMMARY_PERIOD: Duration = Duration::from_secs(60);

/// Something that the person who starts the server must be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement<'of> {
    /// The secret of the first admin token, which no other place shows.
    FirstToken(&'of str),
    /// The server takes requests from now on.
    Listening {
        /// The address at which it does.
        address: SocketAddr,
        /// Whether it speaks TLS.
        is_secured: bool,
        /// Whether the server is new: the first admin token was made just now.
        is_new: bool,
    },
}

/// The reason why the server could not start, or did not end as it should. Its text says what was to be
/// done, its source why that was not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Nothing can be counted.
    #[error("metrics cannot be set up")]
    Metrics(#[source] BuildError),
    /// The certificate or the key cannot be used.
    #[error("the server does not start")]
    Tls(#[source] TlsError),
    /// Something else has the address, or the system does not give it.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address of the settings.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The system does not say which port it gave.
    #[error("the address cannot be asked for")]
    Address(#[source] io::Error),
    /// A part of the server cannot be opened.
    #[error("the server does not start")]
    Start(#[source] StartError),
    /// There is no token yet, and none can be made.
    #[error("the first admin token cannot be made")]
    FirstToken(#[source] TokenError),
    /// The file for the first token cannot be written.
    #[error("the first admin token cannot be made: {} cannot be written", .file.display())]
    FirstTokenFile {
        /// The file that was to hold the token.
        file: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The system does not pass signals on.
    #[error("signals cannot be waited for")]
    Signals(#[source] io::Error),
    /// The node must be started anew, since other nodes went on without it.
    #[error("the server ends")]
    Ended(#[source] End),
    /// The records that were kept last may not be durable.
    #[error("the store could not be closed")]
    Close(#[source] StoreError),
}

/// Serves until the process is told to stop, by SIGTERM or SIGINT.
///
/// Nothing is printed: `announce` gets what a person must read. The first admin token, made where there is
/// no token yet, is written to `admin_token_file` where one is named, and announced otherwise.
///
/// # Errors
/// [`ServeError`] says what could not be done.
pub async fn serve(
    mut config: Config,
    compiler: Compiler,
    admin_token_file: Option<&Path>,
    announce: impl Fn(Announcement<'_>),
) -> Result<(), ServeError> {
    let metrics = telemetry::start_metrics().map_err(ServeError::Metrics)?;
    let door = config.tls.open().map_err(ServeError::Tls)?.map(Arc::new);
    let limits = Arc::new(config.connections.clone().within(raise_descriptors()));
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| ServeError::Listen { address: config.listen, source })?;
    let address = listener.local_addr().map_err(ServeError::Address)?;
    let shutdown_time = config.http.shutdown_time();
    if config.cluster.address.is_empty() {
        let scheme = if door.is_some() { "https" } else { "http" };
        config.cluster.address = format!("{scheme}://{address}");
    }
    let (service, outside) =
        Service::open(config, compiler, metrics).await.map_err(ServeError::Start)?;
    let spans = service.config.telemetry.start().map_err(|reason| {
        let what = "[telemetry] cannot be used".to_owned();
        ServeError::Start(StartError::Setup { what, reason })
    })?;
    let is_new = service.tokens.is_empty() && service.cluster.has_lease();
    if is_new {
        make_first_token(&service, admin_token_file, &announce).await?;
    }

    let (stop, stopped) = watch::channel(false);
    let signals = StopSignals::listen().map_err(ServeError::Signals)?;
    let signals = tokio::spawn(signals.then(stop));
    let upkeep = tokio::spawn(keep_metrics_small(Arc::clone(&service)));
    let storage = tokio::spawn(look_after_storage(Arc::clone(&service)));
    let database =
        service.database.clone().map(|watch| tokio::spawn(async move { watch.keep().await }));
    let acceptor = door.as_ref().map(|door| door.acceptor());
    let is_secured = door.is_some();
    let certificate = door.map(|door| tokio::spawn(door.stay_current()));
    let audit = tokio::spawn(look_after_audit(Arc::clone(&service)));
    let kept_alerts = tokio::spawn(keep_alerts(Arc::clone(&service)));
    let mut among_nodes = service.cluster.keep(&stopped);
    let mut outgoing = JoinSet::new();
    if service.cluster.has_lease() {
        // All was read after the lease was taken.
        leading::begin(&service, outside, &stopped, &mut outgoing);
    } else {
        outgoing.spawn(leading::in_time(Arc::clone(&service), outside, stopped.clone()));
    }
    announce(Announcement::Listening { address, is_secured, is_new });
    tracing::info!(
        %address,
        tls = is_secured,
        devices = service.devices.count_of_all(),
        groups = service.devices.groups().len(),
        decoders = service.registry.count_of_decoders(),
        network_servers = service.config.network_servers.len(),
        "listening"
    );
    if let Err(error) = service.check_inhabitants() {
        tracing::warn!(%error, "nothing is stated");
    }
    if let Some(place) = service.vault.made_key() {
        tracing::info!(%place, "a master key was made: keep a copy of it, apart from backups of the data folder");
    }

    let router = api::router(Arc::clone(&service), pages::pages());
    let server = connections::serve(listener, router, limits, acceptor, stopped.clone());
    let grace = async {
        until(stopped).await;
        service.intake.stop_waiting_for_copies();
        service.stopping.send_replace(true);
        tokio::time::sleep(shutdown_time).await;
    };
    tokio::select! {
        () = server => {}
        () = grace => tracing::warn!("requests under way did not end in time"),
        // Nothing is waited for: what this node would still do belongs to another one.
        end = service.cluster.must_end() => return Err(ServeError::Ended(end)),
    }
    let ended = async { while outgoing.join_next().await.is_some() {} };
    if tokio::time::timeout(shutdown_time, ended).await.is_err() {
        tracing::warn!("a network server did not answer in time");
    }
    outgoing.abort_all();
    signals.abort();
    upkeep.abort();
    storage.abort();
    if let Some(database) = database {
        database.abort();
    }
    audit.abort();
    kept_alerts.abort();
    if let Some(certificate) = certificate {
        certificate.abort();
    }
    service.summaries.write(&service.registry).await;
    service.intake.all_kept().await;
    quality::end(&service.quality).await;
    write_last_heard(&service).await;
    write_last_uses(&service, true).await;
    service.dispatcher.ended().await;
    among_nodes.shutdown().await;
    if let Err(error) = service.cluster.leave().await {
        tracing::warn!(%error, "the other nodes are not told that this one leaves");
    }
    if let Some(spans) = spans {
        spans.finish().await;
    }
    service.store.close().await.map_err(ServeError::Close)?;
    tracing::info!("stopped");
    Ok(())
}

/// Somebody must be able to make the other tokens. The secret is shown once, here.
async fn make_first_token(
    service: &Service,
    file: Option<&Path>,
    announce: impl Fn(Announcement<'_>),
) -> Result<(), ServeError> {
    let token = NewToken::issue("first admin", Role::Admin, Timestamp::now(), None)
        .map_err(ServeError::FirstToken)?;
    // Written before it is kept: were the server killed between the two, a token that nobody could
    // read would lock everybody out.
    if let Some(path) = file {
        write_private(path, token.secret.reveal())
            .map_err(|source| ServeError::FirstTokenFile { file: path.to_owned(), source })?;
    }
    let author = AuditedAuthor::new(&service.registry, Actor::named("the first start"));
    service.tokens.keep(&token, &author).await.map_err(ServeError::FirstToken)?;
    if file.is_none() {
        announce(Announcement::FirstToken(token.secret.reveal()));
    }
    Ok(())
}

/// Writes a file that only its owner can read, also where it was there before and others could.
fn write_private(path: &Path, secret: &str) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    writeln!(file, "{secret}")?;
    file.sync_all()
}

/// The signals that ask the server to stop.
struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// From here on they are heard; before, they would end the process at once.
    fn listen() -> io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { terminate, interrupt })
    }

    async fn then(mut self, stop: watch::Sender<bool>) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        tracing::info!("stopping");
        stop.send_replace(true);
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // The sender going away means stopping as well.
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// Sums up the histograms, whose values are otherwise kept one by one until somebody looks.
async fn keep_metrics_small(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(METRICS_PERIOD);
    loop {
        ticks.tick().await;
        service.metrics.run_upkeep();
    }
}

/// Sees when the disk is full, and when there is room again.
async fn look_after_storage(service: Arc<Service>) {
    let (mut ticks, mut is_told) = (every(LOOK_PERIOD), false);
    loop {
        ticks.tick().await;
        let looked = service.storage.look().await;
        if let Err(error) = &looked
            && !is_told
        {
            tracing::error!(%error, "the disk cannot be looked at");
        }
        is_told = looked.is_err();
    }
}

/// Makes durable when devices were last heard. Where that fails, it is tried again the next time.
async fn write_last_heard(service: &Service) {
    if let Err(error) = service.devices.write_last_heard().await {
        tracing::error!(%error, "when devices were last heard cannot be kept");
    }
}

/// Makes durable when tokens and grants were last used. Where that fails, it is tried again the next time.
async fn write_last_uses(service: &Service, all: bool) {
    if let Err(error) = service.tokens.last_uses().write(&*service.store, all).await {
        tracing::error!(%error, "when tokens and grants were last used cannot be kept");
    }
}

/// Removes the sessions whose time is over. Where that fails, it is tried again the next time.
async fn end_sessions(service: &Service) {
    let (sessions, uses) = (&service.sessions, service.tokens.last_uses());
    let now = Timestamp::now();
    service.identities.tidy(|session| sessions.in_force(session, uses, now).is_some());
    if let Err(error) = sessions.tidy(&*service.store, uses, Timestamp::now()).await {
        tracing::error!(%error, "sessions whose time is over cannot be removed");
    }
}

/// Counts the alerts that groups keep, and has those make room that are too many.
async fn keep_alerts(service: Arc<Service>) {
    let most = |group: &GroupId| service.config.quotas.of(group).kept_alerts;
    Arc::clone(&service.alerts).keep(most).await;
}

/// Writes what was summed up into the audit, archives its older lines, and warns of the end of the last admin.
async fn look_after_audit(service: Arc<Service>) {
    let mut ticks = every(SUMMARY_PERIOD);
    let mut warned = None;
    loop {
        let is_due_anyway = tokio::select! {
            _ = ticks.tick() => {
                service.summaries.write(&service.registry).await;
                write_last_heard(&service).await;
                write_last_uses(&service, false).await;
                service.attempts.tidy();
                service.sign_ins.tidy();
                service.rates.tidy();
                if service.cluster.leads() {
                    end_sessions(&service).await;
                    service.ask_for_consents().await;
                    service.count_requests();
                    warn_of_last_admin(&service, &mut warned);
                }
                true
            }
            () = service.registry.audit_archive_due() => false,
        };
        if service.cluster.leads() {
            match service.registry.tidy_audit(Timestamp::now()).await {
                Ok(archives) => archives.iter().for_each(|archive| {
                    tracing::info!(file = archive.file, "older lines of the audit are archived");
                }),
                Err(error) => tracing::error!(%error, "the audit cannot be archived"),
            }
        } else if is_due_anyway && let Err(error) = service.registry.look_at_audit().await {
            tracing::error!(%error, "the audit cannot be counted");
        }
        let usage = service.registry.audit_usage();
        metrics::gauge!("champollion_audit_bytes", "place" => "store").set(usage.live_bytes as f64);
        metrics::gauge!("champollion_audit_bytes", "place" => "archives")
            .set(usage.archived_bytes as f64);
        if usage.full {
            tracing::error!(
                max_bytes = usage.max_bytes,
                "the audit is full: nothing is changed until archives were moved away"
            );
        }
    }
}

/// Warns once a day where nobody can administer the server soon.
fn warn_of_last_admin(service: &Service, warned: &mut Option<Instant>) {
    let now = Timestamp::now();
    let outlook = service.admin_outlook(now);
    if warned.is_some_and(|at| at.elapsed() < Duration::from_secs(24 * 3_600)) {
        return;
    }
    match outlook {
        AdminOutlook::Lasting => return,
        AdminOutlook::Until(end) if end.duration_since(now) > ADMIN_ENDS_SOON => return,
        AdminOutlook::Until(end) => tracing::warn!(
            %end,
            "the last admin token ends soon: make another one with `champollion tokens create --role admin`"
        ),
        AdminOutlook::Over => tracing::error!(
            "no admin token is valid any more: stop the server and make one with `champollion admin recover`"
        ),
    }
    *warned = Some(Instant::now());
}
