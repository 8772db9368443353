//! The dispatcher: keeps the routes, and somebody who works on each.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::{Arc, OnceLock},
};

use champollion_store::{Batch, Blobs};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::Serialize;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
};

use super::{
    attempts::{Attempt, AttemptPlace},
    change::Change,
    error::{DispatchError, ROUTES_OF_A_GROUP},
    file_maker::{FileMaker, FileMeans},
    live::{LiveRoute, RouteStatus},
    orders::{WorkerCommand, WorkerContext},
    pusher::Pusher,
    reported::ReportedBacklogs,
    working::{Working, read_routes},
};
use crate::{
    destinations::{DestinationLimits, Secret},
    mailbox::{DeliveryError, Mailbox, Progress},
    names::{GroupId, RouteKey, RouteName},
    routes::{Authors, Destination, Route, RouteBook, RouteError, RouteStanding, Way},
};

/// Orders that wait for whoever works on a route.
const ORDERS: usize = 16;

/// Files that are made at once: each is held in memory, and takes a core for a while.
const FILES_AT_ONCE: usize = 4;

/// Keeps the routes, and somebody who works on each.
pub struct Dispatcher {
    pub(super) mailbox: Arc<Mailbox>,
    /// The bytes of files that are made and not in their place yet.
    pub(super) files: Arc<dyn Blobs>,
    making: Arc<Semaphore>,
    pub(super) destination_limits: DestinationLimits,
    /// The routes in use. Locked for a look, never across an await.
    pub(super) routes: Mutex<BTreeMap<RouteKey, Working>>,
    /// Changes of routes are made one after another.
    pub(super) turn: tokio::sync::Mutex<()>,
    workers: Mutex<JoinSet<()>>,
    /// The backlogs that were reported.
    pub(super) reported: ReportedBacklogs,
    /// Says when the server stops; set when the dispatcher is started.
    stopped: OnceLock<watch::Receiver<bool>>,
    /// The operator's limit of routes, by group.
    most_routes: OnceLock<RouteLimit>,
}

/// A limit of routes for each group.
type RouteLimit = Box<dyn Fn(&GroupId) -> usize + Send + Sync>;

/// A route as it is shown.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShownRoute {
    /// The group whose records the route takes.
    pub group: GroupId,
    /// The name of the route.
    pub name: RouteName,
    /// The definition of the route, its secrets hidden.
    #[serde(flatten)]
    pub route: Route,
    /// The authors of the route.
    #[serde(flatten)]
    pub authors: Authors,
    /// The present state of the route.
    pub status: RouteStatus,
}

/// From where on a new route takes records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beginning {
    /// From those that come now.
    #[default]
    Now,
    /// From the oldest that is kept.
    Oldest,
}

impl Dispatcher {
    /// All routes of a mailbox's store, and where the bytes of files lie, which nobody else puts anything
    /// into. Nothing is handed over before [`start`](Self::start).
    ///
    /// # Errors
    /// A route cannot be read.
    pub async fn open(
        mailbox: Arc<Mailbox>,
        files: Arc<dyn Blobs>,
        destination_limits: DestinationLimits,
    ) -> Result<Self, DeliveryError> {
        let dispatcher = Self::open_beside(mailbox, files, destination_limits).await?;
        dispatcher.sweep().await?;
        Ok(dispatcher)
    }

    /// The same beside another node, which hands over until this one takes over from it.
    ///
    /// # Errors
    /// A route cannot be read.
    pub async fn open_beside(
        mailbox: Arc<Mailbox>,
        files: Arc<dyn Blobs>,
        destination_limits: DestinationLimits,
    ) -> Result<Self, DeliveryError> {
        let routes = read_routes(&mailbox, &destination_limits).await?;
        Ok(Self {
            mailbox,
            files,
            making: Arc::new(Semaphore::new(FILES_AT_ONCE)),
            destination_limits,
            routes: Mutex::new(routes),
            turn: tokio::sync::Mutex::new(()),
            workers: Mutex::default(),
            reported: ReportedBacklogs::default(),
            stopped: OnceLock::new(),
            most_routes: OnceLock::new(),
        })
    }

    /// Sets the limit of routes for each group. Routes that there are stay.
    pub fn limit_routes(&self, limit: impl Fn(&GroupId) -> usize + Send + Sync + 'static) {
        // The first one stays.
        drop(self.most_routes.set(Box::new(limit)));
    }

    /// Returns the number of routes of a group.
    #[must_use]
    pub fn count(&self, group: &GroupId) -> usize {
        self.routes.lock().keys().filter(|key| key.group == *group).count()
    }

    /// Returns the groups that have routes.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<GroupId> {
        self.routes.lock().keys().map(|key| key.group.clone()).collect()
    }

    /// Begins to hand over, until the server stops. A route that cannot be worked on any more, since the
    /// operator allows less, is told of in the log and waits.
    pub fn start(&self, stopped: watch::Receiver<bool>) {
        if self.stopped.set(stopped).is_err() {
            return;
        }
        let mut routes = self.routes.lock();
        for working in routes.values_mut() {
            let live = &working.live;
            match live.route().way(&live.key, &self.destination_limits) {
                Ok(way) => working.orders = self.work_on(&working.live, way),
                Err(error) => {
                    tracing::error!(route = %working.live.key, %error, "the route cannot be used");
                }
            }
        }
    }

    /// Waits until everybody has ended who works on a route.
    pub async fn ended(&self) {
        let mut workers = std::mem::take(&mut *self.workers.lock());
        while workers.join_next().await.is_some() {}
    }

    /// Sets somebody to work on a route, where there is work.
    fn work_on(&self, live: &Arc<LiveRoute>, way: Way) -> Option<mpsc::Sender<WorkerCommand>> {
        let stopped = self.stopped.get()?.clone();
        let (orders, taken) = mpsc::channel(ORDERS);
        let pauses = self.destination_limits.pauses;
        let (own, mailbox) = (Arc::clone(live), Arc::clone(&self.mailbox));
        let mut workers = self.workers.lock();
        // Those that have ended are let go of.
        while workers.try_join_next().is_some() {}
        match way {
            Way::Push { .. } => {
                let means = means(live, way)?;
                workers.spawn(Pusher::new(own, mailbox, means, pauses).run(taken, stopped));
            }
            Way::Files { push, place } => {
                let (blobs, making) = (Arc::clone(&self.files), Arc::clone(&self.making));
                let (route, push) = (live.route(), *push);
                let means = FileMeans { route, push, place, blobs, making };
                workers.spawn(FileMaker::new(own, mailbox, means, pauses).run(taken, stopped));
            }
            Way::Pull => return None,
        }
        Some(orders)
    }

    pub(super) fn find(&self, key: &RouteKey) -> Result<Working, DispatchError> {
        let routes = self.routes.lock();
        routes.get(key).cloned().ok_or_else(|| DispatchError::Unknown(key.clone()))
    }

    pub(super) fn of_group(&self, group: Option<&GroupId>) -> Vec<Working> {
        let routes = self.routes.lock();
        let wanted = |key: &RouteKey| group.is_none_or(|group| key.group == *group);
        routes.iter().filter(|(key, _)| wanted(key)).map(|(_, working)| working.clone()).collect()
    }

    /// Routes of a group, or of all, in the order of their keys: those after `after`, at most `limit`.
    ///
    /// # Errors
    /// The store does not say how they are.
    pub async fn list(
        &self,
        groups: Option<&BTreeSet<GroupId>>,
        after: Option<&RouteKey>,
        limit: usize,
    ) -> Result<Vec<ShownRoute>, DeliveryError> {
        let wanted: Vec<Arc<LiveRoute>> = {
            let routes = self.routes.lock();
            let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
            let later = routes.range::<RouteKey, _>((begin, Bound::Unbounded));
            let own =
                later.filter(|(key, _)| groups.is_none_or(|groups| groups.contains(&key.group)));
            own.take(limit).map(|(_, working)| Arc::clone(&working.live)).collect()
        };
        let mut shown = Vec::with_capacity(wanted.len());
        for live in wanted {
            shown.push(self.shown(&live).await?);
        }
        Ok(shown)
    }

    /// A route.
    ///
    /// # Errors
    /// There is none, or the store does not say how it is.
    pub async fn show(&self, key: &RouteKey) -> Result<ShownRoute, DispatchError> {
        Ok(self.shown(&self.find(key)?.live).await?)
    }

    async fn shown(&self, live: &LiveRoute) -> Result<ShownRoute, DeliveryError> {
        Ok(ShownRoute {
            group: live.key.group.clone(),
            name: live.key.name.clone(),
            route: Route::clone(&live.route()).hidden(),
            authors: live.authors(),
            status: live.status(&self.mailbox).await?,
        })
    }

    /// Makes a route, or changes one: what it is done with stays done, and everything else goes by what
    /// it says now. Gives the secret that was made for it, where one was.
    ///
    /// # Errors
    /// It cannot be like that, or the store does not keep it.
    pub async fn put(
        &self,
        key: &RouteKey,
        route: Route,
        beginning: Beginning,
        change: Change<'_>,
    ) -> Result<Option<Secret>, DispatchError> {
        let _turn = self.turn.lock().await;
        self.put_in_turn(key, route, beginning, change).await
    }

    /// Changes a route that there is: `edit` gets it with its secrets hidden, and those that it leaves so stay.
    /// Gives the secret that was made for it, where one was.
    ///
    /// # Errors
    /// There is none, it cannot be like that, or the store does not keep it.
    pub async fn edit<E: From<DispatchError>>(
        &self,
        key: &RouteKey,
        edit: impl FnOnce(Route) -> Result<Route, E> + Send,
        change: Change<'_>,
    ) -> Result<Option<Secret>, E> {
        let _turn = self.turn.lock().await;
        let before = self.find(key)?.live.route();
        let route = edit(Route::clone(&before).hidden())?;
        Ok(self.put_in_turn(key, route, Beginning::Now, change).await?)
    }

    pub(super) async fn put_in_turn(
        &self,
        key: &RouteKey,
        route: Route,
        beginning: Beginning,
        change: Change<'_>,
    ) -> Result<Option<Secret>, DispatchError> {
        let before = self.find(key).ok().map(|before| before.live.route());
        let mut route = route.with_secrets_of(before.as_deref())?;
        let now = Timestamp::now();
        route.check_sense(before.as_deref(), now).map_err(RouteError::from)?;
        route.forget_retired(now);
        let made = route.sign();
        self.put_whole(key, route, beginning, change).await?;
        Ok(made)
    }

    /// Makes or changes a route that has all its secrets. It is somebody's turn.
    pub(super) async fn put_whole(
        &self,
        key: &RouteKey,
        mut route: Route,
        beginning: Beginning,
        change: Change<'_>,
    ) -> Result<(), DispatchError> {
        route.zone_of_group = self.destination_limits.time_zones.get(&key.group).cloned();
        let before = self.find(key).ok();
        let way = route.way(key, &self.destination_limits)?;
        if let Destination::Files(push) = &route.to {
            push.check(key, self.mailbox.retention(), Timestamp::now())
                .map_err(RouteError::from)?;
        }
        route.check_size()?;
        let mut batch = Batch::new();
        RouteBook::put_route(&mut batch, key, &route)?;
        match before {
            Some(before) => {
                let was_paused = before.live.route().paused;
                let authors = before.live.authors();
                let authors = authors.with_change(change.by, was_paused, route.paused);
                authors.put(&mut batch, key)?;
                change.commit.commit(batch).await?;
                let is_another = route.to.is_another_than(&before.live.route().to);
                before.live.replace(route, authors);
                self.hand_on(&before, way).await;
                if is_another {
                    before.live.forget_handed(&self.mailbox).await?;
                }
            }
            None => {
                let limit = self.most_routes.get().map_or(ROUTES_OF_A_GROUP, |of| of(&key.group));
                if self.count(&key.group) >= limit {
                    return Err(DispatchError::TooMany { group: key.group.clone(), limit });
                }
                let extent = self.mailbox.extent(&key.group).await?;
                let place = match beginning {
                    Beginning::Now => extent.last,
                    Beginning::Oldest => extent.truncated,
                };
                // From here on nothing is removed that it has not passed.
                self.mailbox.route_is_at(key, place);
                let progress = Progress::after(place);
                let standing = RouteStanding { progress, ..RouteStanding::default() };
                RouteBook::put_standing(&mut batch, key, &standing)?;
                let authors = Authors::of_new(change.by, route.paused);
                authors.put(&mut batch, key)?;
                if let Err(error) = change.commit.commit(batch).await {
                    self.mailbox.route_is_gone(key);
                    return Err(error.into());
                }
                let kind = route.to.kind();
                let live = Arc::new(LiveRoute::new(key.clone(), route, standing, authors));
                let orders = self.work_on(&live, way);
                let mut routes = self.routes.lock();
                routes.insert(key.clone(), Working { live, orders, kind });
            }
        }
        Ok(())
    }

    /// Gives a changed route to whoever works on it, or to somebody else where it goes another way now.
    pub(super) async fn hand_on(&self, working: &Working, way: Way) {
        let live = &working.live;
        let kind = live.route().to.kind();
        let way = match (&working.orders, way) {
            (Some(orders), way @ Way::Push { .. }) if working.kind == kind => {
                if let Some(means) = means(live, way) {
                    // Whoever works on it ends only with the server.
                    drop(orders.send(WorkerCommand::Change(Box::new(means))).await);
                }
                return;
            }
            (_, way) => way,
        };
        let (key, live) = (live.key.clone(), Arc::clone(live));
        let mut routes = self.routes.lock();
        // Dropping the sender of the one before ends its work.
        routes.remove(&key);
        let orders = self.work_on(&live, way);
        routes.insert(key, Working { live, orders, kind });
    }

    /// Pauses a route, or lets it go on. One whose recipient wanted nothing any more is tried again, as
    /// is one whose recipient is left alone for a while.
    ///
    /// # Errors
    /// There is none, or the store does not.
    pub async fn pause(
        &self,
        key: &RouteKey,
        paused: bool,
        change: Change<'_>,
    ) -> Result<(), DispatchError> {
        // In turn, so that nobody changes what is read here before it is written.
        let turn = self.turn.lock().await;
        let working = self.find(key)?;
        let route = Route { paused, ..Route::clone(&working.live.route()) };
        self.put_whole(key, route, Beginning::Now, change).await?;
        drop(turn);
        if !paused && working.live.standing(|standing| standing.stopped.take()).is_some() {
            working.live.save(&self.mailbox).await?;
        }
        if let Some(orders) = self.find(key)?.orders.filter(|_| !paused) {
            drop(orders.send(WorkerCommand::TryNow).await);
        }
        Ok(())
    }

    /// The latest attempts of a route, those from before `before`, at most `limit`.
    ///
    /// # Errors
    /// There is none.
    pub fn attempts(
        &self,
        key: &RouteKey,
        before: Option<&AttemptPlace>,
        limit: usize,
    ) -> Result<Vec<Attempt>, DispatchError> {
        Ok(self.find(key)?.live.attempts.latest(before, limit))
    }
}

/// With what a route is worked on, where somebody has to.
fn means(live: &LiveRoute, way: Way) -> Option<WorkerContext> {
    match way {
        Way::Push { recipient, batch, concurrency } => {
            Some(WorkerContext { route: live.route(), recipient, batch, concurrency })
        }
        Way::Files { .. } | Way::Pull => None,
    }
}
