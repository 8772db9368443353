//! Records as they come, as server-sent events.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use champollion_delivery::{
    dispatch::DispatchError, formats::Format, mailbox::PulledRecord, records::Cursor,
};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::watch;

use super::{
    super::{Problem, extract::Parameters},
    wanted::{NoPage, Reader, RecordsRequest, Wanted},
};
use crate::{
    api::authorized::{Authorized, Collect, Duty},
    followers::Place,
    service::Service,
};

/// The header in which whoever comes back says what it saw last.
const LAST_EVENT_ID: &str = "last-event-id";

/// The interval of heartbeats where nothing happens, so that no proxy gives up.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where the store does not answer, it is asked again after this.
const PAUSE: Duration = Duration::from_secs(1);

/// A follower, counted while it lives.
struct Follower {
    service: Arc<Service>,
    wish: RecordsRequest,
    reader: Reader,
    ready: VecDeque<PulledRecord>,
    arrivals: watch::Receiver<()>,
    stopping: watch::Receiver<bool>,
    _place: Place,
}

/// Each record as an event, whose id is its cursor: who comes back says it, and misses nothing that is
/// still kept. Following removes nothing. Parameters of a page alone (`limit`, `wait`, `format` and those of tables) are
/// refused.
#[utoipa::path(
    get,
    path = "/v1/records/stream",
    operation_id = "followRecords",
    tag = "records",
    summary = "Follow records as they come, as server-sent events",
    params(Wanted, ("Last-Event-ID" = Option<String>, Header, description = "The cursor of the last event that was seen.")),
    responses(
        (
            status = 200,
            description = "An event `record` for each record; its id is the cursor, its data \
                           the record. Nothing is removed.",
            body = String,
            content_type = "text/event-stream",
        ),
        (status = 400, description = "group-missing, invalid-cursor"),
        (status = 404, description = "no-such-route"),
        (status = 409, description = "cursor-beyond-end, wrong-kind-of-route"),
        (status = 429, description = "too-many-expensive-requests, busy, quota-exceeded, too-many-followers"),
        (status = 503, description = "too-busy, took-too-long"),
    ),
)]
pub(in crate::api) async fn follow(
    authorized: Authorized<Collect>,
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    wanted.check_stream()?;
    let mut wish = wanted.understood(&authorized, &service, Format::Json)?;
    if let Some(last) = headers.get(LAST_EVENT_ID) {
        let last = last.to_str().ok().and_then(|last| last.parse::<Cursor>().ok());
        wish.after = last.ok_or_else(|| {
            Problem::bad_request("invalid-cursor", "Last-Event-ID is no cursor of a record")
        })?;
    }
    let token = authorized.principal.token;
    let place = service.place_to_follow(&token, &wish.group)?;
    let reader = Reader::new(&service, token, service.config.http.page_bytes);
    // What cannot be had is said now, and not in the middle of a stream.
    wish.page(&service, &reader).await?;
    let (rights, token) = (Arc::clone(&service), reader.token.clone());
    let (group, parts) = (wish.group.clone(), wish.parts().to_vec());
    let follower = Follower {
        arrivals: service.mailbox.arrivals(&wish.group),
        stopping: service.stopping.subscribe(),
        _place: place,
        reader,
        ready: VecDeque::new(),
        service,
        wish,
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let record = follower.next().await?;
        let event = Event::default()
            .event("record")
            .id(record.cursor.to_string())
            .data(record.record.get());
        Some((Ok(event), follower))
    });
    // Nothing more comes once the token was revoked or has expired, or its person may read no more.
    let ended = async move { rights.right_ended(&token, Collect::SCOPE, (&group, &parts)).await };
    let events = events.take_until(Box::pin(ended));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

impl Follower {
    /// The next record; none where the server stops or the route is no more.
    async fn next(&mut self) -> Option<PulledRecord> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(record);
            }
            self.arrivals.mark_unchanged();
            let pause = match self.wish.page(&self.service, &self.reader).await {
                Ok(page) => {
                    self.wish.after = page.next;
                    self.ready.extend(page.records);
                    if !self.ready.is_empty() || page.more {
                        continue;
                    }
                    None
                }
                Err(NoPage::Delivery(error) | NoPage::Dispatch(DispatchError::Delivery(error))) => {
                    tracing::error!(%error, "records cannot be read");
                    Some(PAUSE)
                }
                // Others have their turn first.
                Err(NoPage::TooExpensive(_)) => Some(PAUSE),
                Err(NoPage::Dispatch(_)) => return None,
            };
            let paused = async {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = self.arrivals.changed(), if pause.is_none() => {}
                () = paused => {}
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
        }
    }
}
