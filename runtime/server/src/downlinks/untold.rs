//! Commands of which nothing was told.
//!
//! A command that went through a broker has reached the broker; whether the network server has it is not
//! known until it tells so. Where the device is heard after that and nothing is told, though nothing can
//! have been missed, the network server has it not, and it is offered again under its name, so many times.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_frames::DevEui;
use champollion_lns::NetworkServerName;
use jiff::Timestamp;

use super::{CommandFailure, Downlink, Downlinks, LedgerError, State};

/// The problem of a command that a broker has.
pub(super) const NOTHING_TOLD: &str =
    "the broker of the network server has it, and the network server has told nothing of it";

impl Downlinks {
    /// A device was heard through a network server: what waited for it goes on.
    pub fn device_heard(&self, server: &NetworkServerName, dev_eui: DevEui) {
        let within = Duration::from_secs(self.settings.told_within_seconds.into());
        self.ledger.device_heard(server, dev_eui, Instant::now() + within);
    }

    /// Looks at the commands whose device was heard a while ago: those of which still nothing was told are
    /// offered again.
    pub(super) async fn look_at_untold(
        &self,
        now: Instant,
        moment: Timestamp,
    ) -> Result<(), LedgerError> {
        for downlink in self.ledger.looks(now) {
            let verdict = self.verdict(&downlink, moment);
            let look = |downlink: &mut Downlink| {
                // Something may have been told meanwhile.
                if downlink.state != State::Unknown {
                    return Ok::<_, LedgerError>(false);
                }
                match &verdict {
                    Ok(()) => downlink.state = State::Queued,
                    Err(why) if downlink.problem.as_ref() == Some(why) => return Ok(false),
                    Err(why) => downlink.note((CommandFailure::NotOfferedAgain, why)),
                }
                Ok(true)
            };
            self.ledger.change(downlink.id, look).await?;
            if verdict.is_ok() {
                tracing::info!(
                    network_server = %downlink.network_server, command = %downlink.id,
                    device = %downlink.dev_eui,
                    "the device was heard and nothing was told of its command; it is offered again"
                );
            }
        }
        Ok(())
    }

    /// Whether a command of which nothing was told is offered again.
    ///
    /// # Errors
    /// A sentence says why it is not.
    fn verdict(&self, downlink: &Downlink, now: Timestamp) -> Result<(), String> {
        let carrier = self.carriers.get().and_then(|all| all.get(&downlink.network_server));
        let offered_at = downlink.offered_at.unwrap_or(downlink.queued_at);
        let not = |why: &str| {
            Err(format!(
                "{NOTHING_TOLD}, though the device was heard; it is not offered again: {why}"
            ))
        };
        if downlink.cancelled_at.is_some() {
            return not("it was cancelled");
        }
        if downlink.is_over(now) {
            return not("its time is over");
        }
        if downlink.broker_offers >= self.settings.offers {
            return not("it was offered as often as [downlinks] offers says");
        }
        if !carrier.is_some_and(|carrier| carrier.has_heard_all_since(offered_at)) {
            return not("what the network server told may have been missed");
        }
        Ok(())
    }

    /// Returns what a command waits for at this moment, for people; nothing where it is at its end.
    #[must_use]
    pub fn waiting_for(&self, downlink: &Downlink) -> Option<String> {
        if !self.ledger.is_open(downlink.id) {
            return None;
        }
        let server = &downlink.network_server;
        let is_gone = !self.servers.contains(server);
        match downlink.state {
            State::Queued if downlink.is_waiting() => Some(self.reason(downlink)),
            State::Queued | State::Unknown if is_gone => Some(format!(
                "the settings to have [network-servers.{server}] again, which tells of it"
            )),
            State::Queued => Some(format!(
                "the network server {server} to send it, which most do once the device is heard"
            )),
            State::Unknown if downlink.cancelled_at.is_some() => {
                Some(format!("the network server {server} to tell of it; it is not offered again"))
            }
            State::Unknown => Some(format!(
                "the network server {server} to tell of it, or the device to be heard"
            )),
            State::Sent => Some("the device to acknowledge it".to_owned()),
            State::Acknowledged | State::Failed | State::Expired | State::Cancelled => None,
        }
    }

    /// The reason for which a command waits to be offered.
    fn reason(&self, downlink: &Downlink) -> String {
        use super::queue::Reason;
        let server = &downlink.network_server;
        if !self.servers.contains(server) {
            return format!("the settings to have [network-servers.{server}.downlink] again");
        }
        let reason = self.ledger.with_queue(server, |queue| queue.reason(downlink));
        match reason {
            Some(Reason::Earlier(id)) => format!("an earlier command of the device, {id}"),
            Some(Reason::Offered) => format!("an answer of the network server {server}"),
            Some(Reason::Paused { why, until }) => {
                format!("the network server {server}: {why}; tried again at {until:.0}")
            }
            Some(Reason::Unheard { why }) => format!("the device to be heard: {why}"),
            Some(Reason::Closed { why, until }) => {
                format!(
                    "the connection to the network server {server}: {why}; tried again at {until:.0}"
                )
            }
            Some(Reason::Turn { of_others: true }) => "another partner's turn".to_owned(),
            Some(Reason::Turn { of_others: false }) | None => "its turn".to_owned(),
        }
    }

    /// A command with what it waits for.
    #[must_use]
    pub fn as_shown(&self, downlink: &Arc<Downlink>) -> Downlink {
        let mut shown = Downlink::clone(downlink);
        shown.waiting_for = self.waiting_for(downlink);
        shown
    }
}
