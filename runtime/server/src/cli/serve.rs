//! `champollion serve`.

use std::{
    fs::{OpenOptions, Permissions},
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use jiff::Timestamp;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinSet,
    time::MissedTickBehavior,
};

use super::{Failure, output};
use crate::{
    api,
    auth::{NewToken, Role},
    clock::ClockWatch,
    config::{Config, DEFAULTS},
    service::Service,
    storage::LOOK_PERIOD,
    telemetry,
};

/// How often records are looked at whose time may be over.
const EXPIRY_PERIOD: Duration = Duration::from_secs(60);

/// How often the histograms are summed up, whether anybody looks at them or not.
const METRICS_PERIOD: Duration = Duration::from_secs(5);

/// Runs the server.
#[derive(Args)]
pub(super) struct Serve {
    /// File with settings; without it all have their defaults
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on, over the setting `listen`
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Folder that holds everything, over the setting `data-dir`
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the first admin token is written, instead of to standard output
    #[arg(long, value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
    /// Print all settings with their defaults and what they mean, and end
    #[arg(long)]
    print_config: bool,
}

impl Serve {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.print_config {
            output::line(DEFAULTS.trim_end());
            return Ok(());
        }
        let mut config = Config::read(self.config.as_deref())
            .map_err(Failure::of("the server does not start"))?;
        config.listen = self.listen.unwrap_or(config.listen);
        config.data_dir = self.data_dir.unwrap_or(config.data_dir);
        telemetry::start_logging(&config.log).map_err(Failure::of("the log cannot be set up"))?;
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Failure::of("the asynchronous runtime cannot be started"))?
            .block_on(serve(config, self.admin_token_file.as_deref()))
    }
}

async fn serve(config: Config, admin_token_file: Option<&Path>) -> Result<(), Failure> {
    let metrics = telemetry::start_metrics().map_err(Failure::of("metrics cannot be set up"))?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(Failure::of(format!("cannot listen on {}", config.listen)))?;
    let address = listener.local_addr().map_err(Failure::of("the address cannot be asked for"))?;
    let shutdown_time = Duration::from_secs(config.http.shutdown_seconds);
    let (service, outside) =
        Service::open(config, metrics).await.map_err(Failure::of("the server does not start"))?;
    if service.tokens.is_empty() {
        make_first_token(&service, admin_token_file).await?;
    }

    let (stop, stopped) = watch::channel(false);
    let signals = StopSignals::listen().map_err(Failure::of("signals cannot be waited for"))?;
    let signals = tokio::spawn(signals.then(stop));
    let upkeep = tokio::spawn(keep_metrics_small(Arc::clone(&service)));
    let storage = tokio::spawn(look_after_storage(Arc::clone(&service)));
    let expiry = tokio::spawn(expire_again_and_again(Arc::clone(&service), stopped.clone()));
    let mut outgoing = JoinSet::new();
    for connection in outside.connections {
        outgoing.spawn(connection.run(stopped.clone()));
    }
    let (downlinks, devices) = (Arc::clone(&service.downlinks), Arc::clone(&service.devices));
    outgoing.spawn(downlinks.hand_over(devices, outside.carriers, stopped.clone()));
    service.dispatcher.start(stopped.clone());
    output::line(format_args!("champollion listens on http://{address}"));
    tracing::info!(%address, devices = service.devices.sessions().len(), "listening");

    let router = api::router(Arc::clone(&service));
    let router = router.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, router).with_graceful_shutdown(until(stopped.clone()));
    let grace = async {
        until(stopped).await;
        service.intake.stop_waiting_for_copies();
        service.stopping.send_replace(true);
        tokio::time::sleep(shutdown_time).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.map_err(Failure::of("the server ended"))?,
        () = grace => tracing::warn!("requests under way did not end in time"),
    }
    let ended = async { while outgoing.join_next().await.is_some() {} };
    if tokio::time::timeout(shutdown_time, ended).await.is_err() {
        tracing::warn!("a network server did not answer in time");
    }
    signals.abort();
    expiry.abort();
    upkeep.abort();
    storage.abort();
    service.intake.all_kept().await;
    service.dispatcher.ended().await;
    service.store.close().await.map_err(Failure::of("the store could not be closed"))?;
    tracing::info!("stopped");
    Ok(())
}

/// Somebody must be able to make the other tokens. The secret is shown once, here.
async fn make_first_token(service: &Service, file: Option<&Path>) -> Result<(), Failure> {
    let task = "the first admin token cannot be made";
    let token = NewToken::issue("first admin", Role::Admin, Timestamp::now(), None)
        .map_err(Failure::of(task))?;
    // Written before it is kept: were the server killed between the two, a token that nobody could
    // read would lock everybody out.
    if let Some(path) = file {
        write_private(path, token.secret.reveal())
            .map_err(Failure::of(format!("{task}: {} cannot be written", path.display())))?;
    }
    service.tokens.keep(&token).await.map_err(Failure::of(task))?;
    if file.is_none() {
        output::line("This is the first start. The admin token, shown only now:");
        output::line(format_args!("  {}", token.secret.reveal()));
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

/// What asks the server to stop.
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

/// What histograms were told since the last look is kept one by one until somebody looks.
async fn keep_metrics_small(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(METRICS_PERIOD);
    loop {
        ticks.tick().await;
        service.metrics.run_upkeep();
    }
}

/// Sees when the disk is full, and when there is room again.
async fn look_after_storage(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(LOOK_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = service.storage.look().await {
            tracing::error!(%error, "the disk cannot be looked at");
        }
    }
}

async fn expire_again_and_again(service: Arc<Service>, stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(EXPIRY_PERIOD);
    let mut clock = ClockWatch::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = until(stopped.clone()) => return,
        }
        if !clock.look(Instant::now(), Timestamp::now()) {
            continue;
        }
        if let Err(error) = service.downlinks.expire(Timestamp::now()).await {
            tracing::error!(%error, "old commands could not be removed");
        }
        if let Err(error) = service.dispatcher.tell_of_old_records(Timestamp::now()).await {
            tracing::error!(%error, "how old records are cannot be told");
        }
        match service.expire().await {
            Ok(0) => {}
            Ok(removed) => tracing::warn!(removed, "records expired before they were delivered"),
            Err(error) => tracing::error!(%error, "old records could not be removed"),
        }
    }
}
