//! The sender of what alerts command, by the path of commands by hand.
//!
//! A command waits from the batch of its alert on. It is sent under a name of its own, so that it is the same command
//! however often it is sent; then the alert says what came of it, in the batch in which the command waits no more.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_lns::Priority;
use champollion_registry::ledger::Actor;
use champollion_service::alerts::{AlertCommands, AlertsError, NotCommanded, WaitingCommand};
use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    authors::AuditedAuthor,
    devices::Device,
    downlinks::{CommandRequest, Refused, RequestKey, SendError, Sender, Words},
    service::Service,
};

/// The time between two looks at what waits, at least.
const PERIOD: Duration = Duration::from_secs(1);

/// The sender of what alerts command.
pub(crate) struct Commander {
    service: Arc<Service>,
    commands: AlertCommands,
    /// The words that say why a device is not commanded, as senders by hand are told.
    words: Words,
}

impl Commander {
    /// Makes the sender of a server that leads.
    pub(crate) fn new(service: Arc<Service>, words: Words) -> Self {
        let commands = AlertCommands::new(Arc::clone(&service.led_store));
        Self { service, commands, words }
    }

    /// Sends what waits until the server stops.
    pub(crate) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut rest = PERIOD;
        loop {
            let is_over = stopped.wait_for(|stopped| *stopped);
            if tokio::time::timeout(rest, is_over).await.is_ok() {
                return;
            }
            let begun = Instant::now();
            if let Err(error) = self.round(&stopped).await {
                tracing::error!(%error, "what alerts command cannot be sent now");
            }
            rest = PERIOD.max(begun.elapsed());
        }
    }

    /// Sends what waits. A group that cannot be served now does not hold up the others.
    async fn round(&self, stopped: &watch::Receiver<bool>) -> Result<(), AlertsError> {
        let (mut pages, mut later) = (self.commands.waiting(), HashSet::new());
        while let Some(page) = pages.next().await? {
            for (id, waiting) in page {
                if *stopped.borrow() {
                    return Ok(());
                }
                if later.contains(&waiting.group) {
                    continue;
                }
                match self.outcome(id, &waiting).await {
                    Some(outcome) => self.commands.end(id, &waiting, outcome).await?,
                    None => {
                        later.insert(waiting.group);
                    }
                }
            }
        }
        Ok(())
    }

    /// Sends a command, and says what came of it; nothing where it is to be sent once more.
    async fn outcome(
        &self,
        id: Uuid,
        waiting: &WaitingCommand,
    ) -> Option<Result<Uuid, NotCommanded>> {
        let WaitingCommand { group, rule, device, .. } = waiting;
        // A device that has gone to another group is not this partner's to command.
        let found = match self.service.devices.get_of_group(*device, group).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(alert = %id, %group, %rule, %device, %error, "the command of an alert waits");
                return None;
            }
        };
        let Some(found) = found else {
            let problem = format!("{device} is no device of the group {group} any more");
            return Some(Err(NotCommanded { code: "device-gone".to_owned(), problem }));
        };
        match self.send(id, waiting, &found).await {
            Ok(command) => Some(Ok(command)),
            Err(error) if error.passes() && Timestamp::now() < waiting.expires_at => None,
            Err(error) => {
                let Refused { code, detail: problem } = (self.words)(error);
                tracing::warn!(alert = %id, %group, %rule, %device, problem, "an alert has commanded nothing");
                Some(Err(NotCommanded { code, problem }))
            }
        }
    }

    async fn send(
        &self,
        id: Uuid,
        waiting: &WaitingCommand,
        device: &Device,
    ) -> Result<Uuid, SendError> {
        let wish = CommandRequest {
            command: waiting.command.clone(),
            confirmed: waiting.confirmed,
            expires_at: Some(waiting.expires_at),
            expires_in_seconds: None,
            priority: Priority::default(),
        };
        let name = format!("alert {}", waiting.rule);
        let author = AuditedAuthor::new(&self.service.registry, Actor::named(&name));
        let path = format!("devices/{}", waiting.device);
        let request = RequestKey::new(&format!("alert-{id}"), "command", &path, &wish);
        let sender = Sender { name, request: Some(request) };
        let sent = self.service.downlinks.send(device, &wish, &sender, &author).await?;
        Ok(sent.id)
    }
}
