//! The messages that are on their way to the broker.

use std::collections::{HashMap, VecDeque};

use rumqttc::{AsyncClient, QoS};
use tokio::sync::oneshot;

use super::{
    publisher::{NotPublished, Order},
    settings::UNACKNOWLEDGED,
};

type Result_ = Result<(), NotPublished>;

/// The messages that are on their way to the broker. The client gives each a number when it writes it,
/// and writes them in the order in which they were handed to it.
#[derive(Default)]
pub(super) struct Outbox {
    unwritten: VecDeque<oneshot::Sender<Result_>>,
    unacknowledged: HashMap<u16, oneshot::Sender<Result_>>,
}

impl Outbox {
    pub(super) fn has_room(&self) -> bool {
        // One less, since the client puts one aside where it runs out of numbers.
        self.unwritten.len() + self.unacknowledged.len() < usize::from(UNACKNOWLEDGED) - 1
    }

    pub(super) fn send(&mut self, client: &AsyncClient, order: Order) {
        let Order { topic, payload, result } = order;
        match client.try_publish(topic, QoS::AtLeastOnce, false, payload) {
            Ok(()) => self.unwritten.push_back(result),
            // Who asked may have stopped waiting.
            Err(_) => drop(result.send(Err(NotPublished::NotConnected))),
        }
    }

    pub(super) fn written(&mut self, number: u16) {
        if let Some(result) = self.unwritten.pop_front() {
            self.unacknowledged.insert(number, result);
        }
    }

    pub(super) fn acknowledged(&mut self, number: u16) {
        if let Some(result) = self.unacknowledged.remove(&number) {
            let _ = result.send(Ok(()));
        }
    }

    /// The connection is gone. What was not written will not be; of the rest nobody knows.
    pub(super) fn give_up(&mut self) {
        for result in self.unwritten.drain(..) {
            let _ = result.send(Err(NotPublished::NotConnected));
        }
        for (_, result) in self.unacknowledged.drain() {
            let _ = result.send(Err(NotPublished::Unanswered));
        }
    }
}
