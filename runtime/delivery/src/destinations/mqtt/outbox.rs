//! The messages that are on their way to the broker.

use std::collections::{HashMap, VecDeque};

use rumqttc::{AsyncClient, QoS};
use tokio::sync::oneshot;

use super::publisher::{NotPublished, OutgoingMessage};

type Result_ = Result<(), NotPublished>;

/// The messages that are on their way to the broker. The client gives each a number when it writes it,
/// and writes them in the order in which they were handed to it.
pub struct Outbox {
    /// Messages that the client lets be on their way at once.
    most: u16,
    unwritten: VecDeque<oneshot::Sender<Result_>>,
    unacknowledged: HashMap<u16, oneshot::Sender<Result_>>,
}

impl Outbox {
    /// Of a client that lets so many messages be on their way at once.
    #[must_use]
    pub fn new(most: u16) -> Self {
        Self { most, unwritten: VecDeque::new(), unacknowledged: HashMap::new() }
    }

    /// Whether one more can be sent.
    #[must_use]
    pub fn has_room(&self) -> bool {
        // One less, since the client puts one aside where it runs out of numbers.
        self.unwritten.len() + self.unacknowledged.len() < usize::from(self.most) - 1
    }

    /// Hands a message to the client.
    pub fn send(&mut self, client: &AsyncClient, order: OutgoingMessage) {
        let OutgoingMessage { topic, payload, result } = order;
        match client.try_publish(topic, QoS::AtLeastOnce, false, payload) {
            Ok(()) => self.unwritten.push_back(result),
            // Who asked may have stopped waiting.
            Err(_) => drop(result.send(Err(NotPublished::NotConnected))),
        }
    }

    /// The client has written the next message, under this number.
    pub fn written(&mut self, number: u16) {
        if let Some(result) = self.unwritten.pop_front() {
            self.unacknowledged.insert(number, result);
        }
    }

    /// The broker has the message of this number.
    pub fn acknowledged(&mut self, number: u16) {
        if let Some(result) = self.unacknowledged.remove(&number) {
            let _ = result.send(Ok(()));
        }
    }

    /// The connection is gone. What was not written will not be; of the rest nobody knows.
    pub fn give_up(&mut self) {
        for result in self.unwritten.drain(..) {
            let _ = result.send(Err(NotPublished::NotConnected));
        }
        for (_, result) in self.unacknowledged.drain() {
            let _ = result.send(Err(NotPublished::Unanswered));
        }
    }
}
