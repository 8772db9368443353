//! Commands of alerts: each waits in the store, from the batch of its alert on, until it was sent or nobody wants it any more.

use std::sync::Arc;

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use champollion_store::{
    Batch, Pages, Store, Table, TableError,
    codec::{Json, Text},
    tables,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    alert::{Alert, Commanded},
    book::{AlertBook, AlertsError},
    rule::{Rule, RuleName},
    short::short,
};

const COMMANDS: Table<Uuid, WaitingCommand> = Table::new(tables::ALERT_COMMANDS);

/// Seconds after the alert from which on nobody wants its command any more, where nothing is said.
const EXPIRY_SECONDS: u32 = 3_600;

/// A command that an alert has brought about, and that was not sent yet. Its key is the id of the alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WaitingCommand {
    /// The group whose rule was broken.
    pub group: GroupId,
    /// The rule that was broken.
    pub rule: RuleName,
    /// The device that is commanded.
    pub device: DevEui,
    /// The command, in the words of the device's decoder.
    pub command: Map<String, Value>,
    /// Whether the device is asked to acknowledge it.
    pub confirmed: bool,
    /// The moment from which on nobody wants it any more.
    pub expires_at: Timestamp,
}

/// The reason why nothing was sent: the word for it, and the words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCommanded {
    /// The word for the reason.
    pub code: String,
    /// The reason in words.
    pub problem: String,
}

/// The commands of alerts in the store.
pub struct AlertCommands {
    store: Arc<dyn Store>,
    book: AlertBook,
}

impl AlertCommands {
    /// Opens the commands of a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { book: AlertBook::new(Arc::clone(&store)), store }
    }

    /// The commands that wait, those of the oldest alerts first, page by page.
    #[must_use]
    pub fn waiting(&self) -> Pages<'_, Uuid, WaitingCommand, Text, Json> {
        COMMANDS.pages(&*self.store)
    }

    /// Notes at an alert what came of its command, which waits no more: the id of what was sent, or why nothing was.
    ///
    /// # Errors
    /// The store does not answer, or something was faster: the command waits as before.
    pub async fn end(
        &self,
        id: Uuid,
        waiting: &WaitingCommand,
        outcome: Result<Uuid, NotCommanded>,
    ) -> Result<(), AlertsError> {
        let (before, seen) = COMMANDS.get_seen(&*self.store, &id).await?;
        if before.is_none() {
            return Ok(());
        }
        let mut batch = Batch::new();
        seen.expect_unchanged(&mut batch);
        COMMANDS.delete(&mut batch, &id);
        let (command, not) = match outcome {
            Ok(command) => (Some(command), None),
            Err(not) => (None, Some(not)),
        };
        let (code, problem) = not.map(|not| (not.code, short(&not.problem))).unzip();
        let commanded = Commanded { device: waiting.device, command, problem, code };
        let note = |alert: &mut Alert| alert.commanded = Some(commanded);
        self.book.change(&mut batch, (&waiting.group, id), note).await?;
        self.store.commit(batch).await?;
        Ok(())
    }
}

/// Puts the command of a rule into the batch in which its alert is raised.
pub(super) fn put(
    batch: &mut Batch,
    (name, rule): (&RuleName, &Rule),
    alert: &Alert,
) -> Result<(), TableError> {
    let Some(wish) = &rule.definition.command else { return Ok(()) };
    let Some(device) = wish.device.or(alert.place.device) else { return Ok(()) };
    let seconds = wish.expires_in_seconds.unwrap_or(EXPIRY_SECONDS);
    let wanted = SignedDuration::from_secs(seconds.into());
    let waiting = WaitingCommand {
        group: alert.place.group.clone(),
        rule: name.clone(),
        device,
        command: wish.command.clone(),
        confirmed: wish.confirmed,
        expires_at: alert.raised_at.checked_add(wanted).unwrap_or(Timestamp::MAX),
    };
    COMMANDS.insert(batch, &alert.id, &waiting)
}
