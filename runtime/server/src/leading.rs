//! The work of the node that leads: records are handed over, commands offered, brokers listened to, what is old is
//! removed.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::mailbox::DeliveryError;
use champollion_registry::RegistryError;
use champollion_store::{StoreError, TableError};
use jiff::Timestamp;
use tokio::{sync::watch, task::JoinSet};

use crate::{
    adoption::Adoption,
    alert_commands::Commander,
    alert_rounds::Rounds,
    api,
    clock::ClockWatch,
    cluster::{End, FeedbackOfNodes, FollowError, every},
    config::Config,
    downlinks::LedgerError,
    notices::NoticeMails,
    outbox::{MailRecipients, Parts as PartsOfOutbox, Sender},
    parked::ParkedError,
    quality,
    schedules::{Parts, keep_schedules},
    service::{Outside, Service},
};

/// The interval at which records are looked at that may have expired.
const EXPIRY_PERIOD: Duration = Duration::from_secs(60);

/// The interval at which it is looked whether other nodes have added records: what a recipient notices least.
const ARRIVALS_PERIOD: Duration = Duration::from_millis(200);

/// The interval at which feedback is heard that other nodes have kept.
const FEEDBACK_PERIOD: Duration = Duration::from_millis(250);

/// The interval at which uses and devices are learnt of that other nodes have written.
const LEARNING_PERIOD: Duration = Duration::from_secs(60);

/// The reason why the lead is not taken over.
#[derive(Debug, thiserror::Error)]
enum TakeOverError {
    /// Changes of other nodes cannot be read.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// The audit cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The routes cannot be read.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The commands cannot be read.
    #[error(transparent)]
    Downlinks(#[from] LedgerError),
    /// The parked messages cannot be read.
    #[error(transparent)]
    Parked(#[from] ParkedError),
    /// Requests, sessions or uses cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// Leads once this node is to, until the server stops.
pub(crate) async fn in_time(
    service: Arc<Service>,
    outside: Outside,
    mut stopped: watch::Receiver<bool>,
) {
    tokio::select! {
        () = service.cluster.lead_taken() => {}
        _ = stopped.wait_for(|stopped| *stopped) => return,
    }
    if !service.cluster.has_lease() {
        return;
    }
    let began = Instant::now();
    if let Err(error) = take_over(&service).await {
        tracing::error!(%error, "what another node has led cannot be taken over");
        service.cluster.end(End::NotTakenOver);
        return;
    }
    let mut tasks = JoinSet::new();
    begin(&service, outside, &stopped, &mut tasks);
    tracing::info!(seconds = began.elapsed().as_secs_f64(), "this node leads");
    while tasks.join_next().await.is_some() {}
}

/// Begins the work of the lead.
pub(crate) fn begin(
    service: &Arc<Service>,
    outside: Outside,
    stopped: &watch::Receiver<bool>,
    tasks: &mut JoinSet<()>,
) {
    tasks.spawn(expire_again_and_again(Arc::clone(service), stopped.clone()));
    for connection in outside.connections {
        tasks.spawn(connection.run(stopped.clone()));
    }
    for farewell in outside.farewells {
        tasks.spawn(farewell.run(stopped.clone()));
    }
    let (downlinks, devices) = (Arc::clone(&service.downlinks), Arc::clone(&service.devices));
    tasks.spawn(downlinks.hand_over(devices, outside.carriers, stopped.clone()));
    tasks.spawn(keep_schedules(parts_of_schedules(service), stopped.clone()));
    tasks.spawn(outbox_of(service).run(stopped.clone()));
    tasks.spawn(Rounds::new(Arc::clone(service)).run(stopped.clone()));
    tasks.spawn(Commander::new(Arc::clone(service), api::refused).run(stopped.clone()));
    quality::begin(service, stopped.clone());
    service.dispatcher.start(stopped.clone());
    if service.cluster.follower().is_some() {
        tasks.spawn(hear_other_nodes(Arc::clone(service), stopped.clone()));
        tasks.spawn(look_for_arrivals(Arc::clone(service), stopped.clone()));
        tasks.spawn(learn_of_uses(Arc::clone(service), stopped.clone()));
    }
    service.cluster.begin_to_lead();
}

/// The parts of the server that schedules are carried out with.
fn parts_of_schedules(service: &Service) -> Parts {
    Parts {
        schedules: Arc::clone(&service.schedules),
        settings: service.config.schedules.clone(),
        usual_zone: service.config.territory.time_zone.to_string(),
        cluster: Arc::clone(&service.cluster),
        devices: Arc::clone(&service.devices),
        downlinks: Arc::clone(&service.downlinks),
        words: api::refused,
        registry: Arc::clone(&service.registry),
    }
}

/// The sender of what waits in the outbox.
fn outbox_of(service: &Service) -> Sender {
    let Config { delivery, outbox, quotas, territory, .. } = &service.config;
    Sender::new(PartsOfOutbox {
        store: Arc::clone(&service.led_store),
        standing: Arc::clone(&service.outbox),
        notice_mails: NoticeMails::of(service),
        mailer: service.mailer.clone(),
        limits: delivery.limits(),
        recipients: MailRecipients::new(&outbox.mail_to, &service.roster),
        settings: outbox.clone(),
        quotas: quotas.clone(),
        clocks: territory.clocks(),
        registry: Arc::clone(&service.registry),
    })
}

/// Reads what only the lead changes, and another node has changed until now.
async fn take_over(service: &Service) -> Result<(), TakeOverError> {
    service.cluster.catch_up().await?;
    let store = &*service.store;
    service.registry.take_over_audit().await?;
    service.dispatcher.take_over().await?;
    service.downlinks.take_over().await?;
    service.parked.refresh().await?;
    service.desk.refresh(store).await?;
    service.sessions.refresh(store).await?;
    service.identities.refresh(store).await?;
    service.broker_sessions.refresh().await?;
    service.schedules.refresh().await?;
    // What is counted tells of frames whose moments were never written.
    learn(service).await?;
    service.quality.take_over().await?;
    adopt(service).await;
    Ok(())
}

/// Makes partners of groups that were there, where no node has done so: none may have led when it started with this
/// release, and the one that did may have been killed before the end.
async fn adopt(service: &Service) {
    let Service { registry, roster, devices, tokens, .. } = service;
    let adopted = Adoption { registry, roster, devices, tokens }.run(&*service.store).await;
    if let Err(error) = adopted {
        tracing::error!(%error, "groups that were there become partners when a node leads the next time");
    }
}

/// Learns of uses and of devices that other nodes have heard.
async fn learn(service: &Service) -> Result<(), TableError> {
    service.tokens.last_uses().refresh(&*service.store).await?;
    service.devices.refresh_last_heard().await
}

async fn learn_of_uses(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = every(LEARNING_PERIOD);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        match learn(&service).await {
            Ok(()) => service.quality.know_heard_by_others(),
            Err(error) => tracing::error!(%error, "what other nodes have heard cannot be read"),
        }
        if let Err(error) = service.cluster.tidy(&*service.led_store).await {
            tracing::error!(%error, "what nodes need no more cannot be removed");
        }
    }
}

/// Wakes those who wait for records, since other nodes add some as well.
async fn look_for_arrivals(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let (mut ticks, mut seen) = (every(ARRIVALS_PERIOD), HashMap::new());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        if let Err(error) = service.mailbox.look_for_arrivals(&mut seen).await {
            tracing::debug!(%error, "it cannot be looked whether records have come");
        }
    }
}

/// Hears the feedback on commands that other nodes have kept.
async fn hear_other_nodes(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let feedback = FeedbackOfNodes::new(Arc::clone(&service.led_store));
    let (mut ticks, mut is_told) = (every(FEEDBACK_PERIOD), false);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        let heard = hear_once(&service, &feedback).await;
        if let Err(error) = &heard
            && !is_told
        {
            tracing::error!(%error, "feedback of other nodes cannot be heard");
        }
        is_told = heard.is_err();
    }
}

async fn hear_once(service: &Service, feedback: &FeedbackOfNodes) -> Result<(), HearError> {
    while let Some(kept) = feedback.read().await? {
        for (server, told) in &kept.told {
            service.downlinks.hear(server, told).await?;
        }
        // Heard twice it changes nothing, so it is forgotten afterwards.
        feedback.heard(&kept).await?;
    }
    Ok(())
}

/// The reason why feedback of other nodes is not heard.
#[derive(Debug, thiserror::Error)]
enum HearError {
    /// The store does not give it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The command cannot be changed.
    #[error(transparent)]
    Downlinks(#[from] LedgerError),
}

async fn expire_again_and_again(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(EXPIRY_PERIOD);
    let mut clock = ClockWatch::default();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
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
