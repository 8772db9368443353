//! The messages that have come and are not acknowledged yet.
//!
//! Many are taken at the same time, so that they become durable together; those of one device one
//! after another. They are acknowledged in the order in which they came, as the protocol wants it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rumqttc::{Publish, QoS};
use tokio::{sync::oneshot, task::JoinHandle};

use super::receiver::{Arrived, Receiver};

/// Most messages that are taken at the same time. Beyond that no more are read, so that a broker
/// which sends more without waiting is held up by the connection itself.
const AT_ONCE: usize = 1_024;

/// The messages that have come and are not acknowledged yet.
pub(super) struct Inbox {
    receiver: Arc<Receiver>,
    under_way: VecDeque<UnderWay>,
    /// The last message of each device.
    last: HashMap<String, (u64, oneshot::Receiver<()>)>,
    number: u64,
    /// Whether the connection that the messages came by is still there.
    connection: Arc<AtomicBool>,
}

struct UnderWay {
    publish: Publish,
    device: String,
    number: u64,
    taken: JoinHandle<bool>,
}

impl Inbox {
    pub(super) fn new(receiver: Arc<Receiver>) -> Self {
        Self {
            receiver,
            under_way: VecDeque::new(),
            last: HashMap::new(),
            number: 0,
            connection: Arc::new(AtomicBool::new(true)),
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.under_way.len() < AT_ONCE
    }

    /// A message has come.
    pub(super) fn put(&mut self, publish: Publish) {
        self.receiver.arrived(&publish);
        let device = self.receiver.device_of(&publish.topic);
        let (done, is_done) = oneshot::channel();
        self.number += 1;
        let before = self.last.insert(device.clone(), (self.number, is_done));
        let (receiver, connection) = (Arc::clone(&self.receiver), Arc::clone(&self.connection));
        let (arrived, publish) = Arrived::split(publish);
        let taken = tokio::spawn(Box::pin(async move {
            if let Some((_, before)) = before {
                // Done or given up: in either case it is this one's turn.
                drop(before.await);
            }
            let taken = receiver.take(&arrived, &connection).await;
            // Nobody waits where no other message of the device has come.
            let _ = done.send(());
            taken
        }));
        let number = self.number;
        self.under_way.push_back(UnderWay { publish, device, number, taken });
    }

    /// The next message that is to be acknowledged. Can be dropped and called again.
    pub(super) async fn next(&mut self) -> Publish {
        loop {
            let Some(first) = self.under_way.front_mut() else {
                std::future::pending::<()>().await;
                continue;
            };
            // A task that panicked has taken nothing: the message comes again with the next
            // connection.
            let taken = (&mut first.taken).await.unwrap_or(false);
            let Some(UnderWay { publish, device, number, .. }) = self.under_way.pop_front() else {
                continue;
            };
            if self.last.get(&device).is_some_and(|&(last, _)| last == number) {
                self.last.remove(&device);
            }
            if taken && publish.qos != QoS::AtMostOnce {
                return publish;
            }
        }
    }

    /// The connection is gone: the broker sends again what was not acknowledged, and numbers of its
    /// messages mean nothing any more. What is under way goes on, and its device's next waits for it.
    pub(super) fn give_up(&mut self) {
        self.connection.store(false, Ordering::Relaxed);
        self.connection = Arc::new(AtomicBool::new(true));
        self.under_way.clear();
        self.last.retain(|_, (_, done)| {
            matches!(done.try_recv(), Err(oneshot::error::TryRecvError::Empty))
        });
    }
}
