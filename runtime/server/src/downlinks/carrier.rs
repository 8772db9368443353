//! Hands commands over to one network server.

use std::{sync::Arc, time::Duration};

use champollion_delivery::destinations::mqtt::{NotPublished, Publisher};
use champollion_lns::{
    Encoding, Kind, NetworkServerName, Whereabouts,
    outgoing::{
        Answer, Commands, Encrypted, Manner, Outgoing, OutgoingCommand, Via, Waiting, is_busy,
    },
};
use jiff::Timestamp;
use reqwest::StatusCode;
use tokio::sync::{Mutex, watch};

use super::{
    Downlink, DownlinkSettings, DownlinkSettingsError,
    grpc::Grpc,
    http::{Failed, Http, Said},
};
use crate::{mqtt::Hearing, text_file::read};

/// A carrier, which hands commands over to one network server.
pub struct Carrier {
    /// The network server that gets the commands.
    pub(super) server: NetworkServerName,
    commands: &'static dyn Commands,
    settings: DownlinkSettings,
    token: Option<String>,
    password: Option<String>,
    /// The token that we were given when we logged in last.
    given: Mutex<Option<String>>,
    http: Http,
    grpc: Option<Grpc>,
    broker: Option<(Publisher, Arc<Hearing>)>,
}

/// The outcome of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// The network server has the command.
    Taken { reference: Option<String>, sent: bool },
    /// Its broker has the command; of itself nobody knows.
    Published,
    /// It will not take it.
    Refused(String),
    /// It does not take this command now.
    Fault(String),
    /// The device must be heard first.
    Unheard(String),
    /// It takes no command now: it cannot be reached, or says so, and for how long. All whose commands wait
    /// are told `to_all`, which holds no words about this command. `is_heard`: the command came as far as there.
    Away { why: String, to_all: String, pause: Option<Duration>, is_heard: bool },
    /// It may have the command. Where the connection was lost, others are of no use now.
    Unsure { why: String, is_lost: bool },
}

impl Offered {
    /// It cannot be reached.
    fn away(why: String) -> Self {
        Self::Away { to_all: why.clone(), why, pause: None, is_heard: false }
    }

    /// Whether the network server, or its broker, may have heard of the command.
    pub(super) fn is_heard(&self) -> bool {
        !matches!(self, Self::Unheard(_) | Self::Away { is_heard: false, .. })
    }
}

/// The outcome of taking a command back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Withdrawn {
    /// The network server has dropped it.
    Done,
    /// It has not, and why.
    Not(String),
}

impl Carrier {
    /// Makes the carrier that the settings describe. The broker is that of the network server, where it has
    /// one.
    ///
    /// # Errors
    /// Says what is missing in the settings, or which file cannot be used.
    pub fn new(
        server: &NetworkServerName,
        kind: Kind,
        downlink: &DownlinkSettings,
        broker: Option<(Publisher, Arc<Hearing>)>,
    ) -> Result<Self, DownlinkSettingsError> {
        downlink.check(kind, broker.is_some())?;
        let unusable = DownlinkSettingsError::Unusable;
        let token = downlink.token_file.as_deref().map(read).transpose().map_err(unusable)?;
        let password = downlink.password_file.as_deref().map(read).transpose().map_err(unusable)?;
        let ca = downlink.ca_file.as_deref().map(read).transpose().map_err(unusable)?;
        let http = Http::new(downlink.url.as_deref(), ca.as_deref()).map_err(|error| {
            let file = downlink.ca_file.as_deref().map(|file| format!("{}: ", file.display()));
            unusable(format!("{}{error}", file.unwrap_or_default()))
        })?;
        let grpc = match (downlink.via, &downlink.url) {
            (Via::Grpc, Some(url)) => Some(Grpc::new(url, ca).map_err(unusable)?),
            _ => None,
        };
        Ok(Self {
            server: server.clone(),
            commands: kind.commands_by(downlink.via)?,
            settings: downlink.clone(),
            token,
            password,
            given: Mutex::default(),
            http,
            grpc,
            broker,
        })
    }

    /// Whether the payload is to be encrypted here.
    pub(super) fn takes_encrypted(&self) -> bool {
        self.commands.takes_encrypted()
    }

    /// Says whenever the connection is made or lost that commands go over, where it is kept.
    pub(super) fn connections(&self) -> Option<watch::Receiver<bool>> {
        let broker = self.broker.as_ref().filter(|_| self.settings.via == Via::Mqtt);
        broker.map(|(_, hearing)| hearing.connections())
    }

    /// Whether all was heard that the network server has told of commands since a moment.
    pub(super) fn has_heard_all_since(&self, moment: Timestamp) -> bool {
        self.broker.as_ref().is_some_and(|(_, hearing)| hearing.has_heard_all_since(moment))
    }

    /// Offers a command to the network server.
    pub(super) async fn offer(
        &self,
        downlink: &Downlink,
        whereabouts: Option<&Whereabouts>,
        encrypted: Option<&Encrypted>,
        unanswered_before: bool,
    ) -> Offered {
        let ground = self.ground(whereabouts);
        let mut anew = false;
        loop {
            let token = match self.token(anew).await {
                Ok(token) => token,
                Err(why) => return Offered::away(why),
            };
            let order = self.order(downlink, &ground, encrypted, token.as_deref());
            match self.offer_order(&order, unanswered_before && !anew).await {
                Ok(offered) => return offered,
                Err(Unauthorized) if anew => return Offered::Fault(unauthorized()),
                // The token that we were given may be too old.
                Err(Unauthorized) => anew = true,
            }
        }
    }

    /// Takes a command back from the network server, where it still waits there.
    pub(super) async fn withdraw(
        &self,
        downlink: &Downlink,
        whereabouts: Option<&Whereabouts>,
    ) -> Withdrawn {
        let ground = self.ground(whereabouts);
        let mut anew = false;
        loop {
            let token = match self.token(anew).await {
                Ok(token) => token,
                Err(why) => return Withdrawn::Not(why),
            };
            let order = self.order(downlink, &ground, None, token.as_deref());
            match self.withdraw_order(&order).await {
                Ok(withdrawn) => return withdrawn,
                Err(Unauthorized) if anew => return Withdrawn::Not(unauthorized()),
                Err(Unauthorized) => anew = true,
            }
        }
    }

    /// Gathers what is known of where a device lives, and of how the network server speaks.
    fn ground<'known>(&self, whereabouts: Option<&'known Whereabouts>) -> Ground<'known> {
        // What another network server calls the device is of no use here.
        let here = whereabouts.filter(|known| known.network_server == self.server);
        let hearing = self.broker.as_ref().map(|(_, hearing)| hearing);
        let last_prefix = hearing.and_then(|hearing| hearing.topic_prefix());
        let own_prefix = here.and_then(|here| here.topic_prefix.as_deref());
        let prefix = own_prefix.or(last_prefix.as_deref()).unwrap_or_default();
        let last = hearing.and_then(|hearing| hearing.encoding(prefix));
        Ground { here, encoding: self.encoding(here, last), last_prefix }
    }

    fn order<'order>(
        &'order self,
        downlink: &'order Downlink,
        ground: &'order Ground<'_>,
        encrypted: Option<&'order Encrypted>,
        token: Option<&'order str>,
    ) -> OutgoingCommand<'order> {
        let here = ground.here;
        let own_prefix = here.and_then(|here| here.topic_prefix.as_deref());
        OutgoingCommand {
            id: downlink.id,
            dev_eui: downlink.dev_eui,
            f_port: downlink.f_port,
            payload: &downlink.payload.0,
            confirmed: downlink.confirmed,
            priority: downlink.priority,
            expires_at: downlink.expires_at,
            now: Timestamp::now(),
            application: here
                .and_then(|here| here.application.as_deref())
                .or(self.settings.application.as_deref()),
            device: here.and_then(|here| here.device.as_deref()),
            token,
            sender_id: self.settings.sender_id.as_deref(),
            receiver_id: self.settings.receiver_id.as_deref(),
            encrypted,
            reference: downlink.reference.as_deref(),
            manner: Manner {
                topic: self.settings.command_topic.as_deref(),
                topic_prefix: own_prefix.or(ground.last_prefix.as_deref()),
                encoding: ground.encoding,
            },
        }
    }

    /// The encoding of messages to the broker: as the settings say it, or as the network server writes
    /// itself, now or when the device was heard last.
    fn encoding(&self, here: Option<&Whereabouts>, last: Option<Encoding>) -> Encoding {
        if !self.commands.takes_protobuf() {
            return Encoding::Json;
        }
        let of_device = || here.and_then(|here| here.encoding);
        self.settings.encoding.or(last).or_else(of_device).unwrap_or_default()
    }

    async fn offer_order(
        &self,
        order: &OutgoingCommand<'_>,
        unanswered_before: bool,
    ) -> Result<Offered, Unauthorized> {
        let via = self.settings.via;
        if unanswered_before && let Some(inquiry) = self.commands.inquiry(via, order) {
            match self.send(inquiry).await {
                Ok(Said { status, body, .. }) if status.is_success() => {
                    if let Waiting::Here { reference, .. } =
                        self.commands.waiting(via, order, &body)
                    {
                        return Ok(Offered::Taken { reference, sent: false });
                    }
                }
                Ok(Said { status, pause, .. }) if is_busy(status) => {
                    let why = status.to_string();
                    return Ok(Offered::Away { to_all: why.clone(), why, pause, is_heard: true });
                }
                // Where it may not be asked, it is offered once more.
                Ok(Said { status, .. }) if status.is_client_error() => {}
                Ok(Said { status, .. }) => {
                    let why = format!("{status}: it does not say whether it has the command");
                    return Ok(Offered::Unsure { why, is_lost: false });
                }
                Err(Failed::NotSent(why)) => return Ok(Offered::away(why)),
                Err(Failed::Unanswered { why, is_lost }) => {
                    return Ok(Offered::Unsure { why, is_lost });
                }
            }
        }
        Ok(match self.commands.outgoing(via, order) {
            Err(why) => Offered::Unheard(why),
            Ok(Outgoing::Mqtt { topic, payload }) => self.publish(topic, payload).await,
            Ok(outgoing) => match self.send(outgoing).await {
                Ok(Said { status, .. }) if self.is_too_old(status) => return Err(Unauthorized),
                Ok(Said { status, body, pause }) => {
                    match self.commands.answered(via, order, status, &body) {
                        Answer::Taken { reference, sent } => Offered::Taken { reference, sent },
                        Answer::Refused(why) => Offered::Refused(why),
                        Answer::Fault(why) => Offered::Fault(why),
                        Answer::Busy(why) => {
                            let to_all = status.to_string();
                            Offered::Away { why, to_all, pause, is_heard: true }
                        }
                        Answer::Unsure(why) => Offered::Unsure { why, is_lost: false },
                    }
                }
                Err(Failed::NotSent(why)) => Offered::away(why),
                Err(Failed::Unanswered { why, is_lost }) => Offered::Unsure { why, is_lost },
            },
        })
    }

    async fn withdraw_order(&self, order: &OutgoingCommand<'_>) -> Result<Withdrawn, Unauthorized> {
        let (via, commands) = (self.settings.via, self.commands);
        let Some(inquiry) = commands.inquiry(via, order) else {
            let way = if via == Via::Mqtt { "through its broker" } else { "here" };
            return Ok(Withdrawn::Not(format!("it takes no command back that came {way}")));
        };
        let queue = match self.asked(inquiry).await? {
            Ok(queue) => queue,
            Err(why) => return Ok(Withdrawn::Not(why)),
        };
        match commands.waiting(via, order, &queue) {
            Waiting::Not => {
                return Ok(Withdrawn::Not("the command waits there no longer".to_owned()));
            }
            Waiting::Here { sent: true, .. } => {
                return Ok(Withdrawn::Not("the command was sent already".to_owned()));
            }
            Waiting::Here { .. } => {}
        }
        Ok(match commands.withdrawal(via, order, &queue) {
            Err(why) => Withdrawn::Not(why),
            Ok(request) => match self.asked(request).await? {
                Ok(_) => Withdrawn::Done,
                Err(why) => Withdrawn::Not(why),
            },
        })
    }

    /// Sends what is no command; gives the body of the answer where it is one of success, and the reason
    /// where it is not.
    async fn asked(&self, outgoing: Outgoing) -> Result<Result<Vec<u8>, String>, Unauthorized> {
        match self.send(outgoing).await {
            Ok(Said { status, body, .. }) if status.is_success() => Ok(Ok(body)),
            Ok(Said { status, .. }) if self.is_too_old(status) => Err(Unauthorized),
            Ok(Said { status, .. }) => Ok(Err(format!("it answers {status}"))),
            Err(Failed::NotSent(why) | Failed::Unanswered { why, .. }) => Ok(Err(why)),
        }
    }

    /// Whether the token that we were given may be too old.
    fn is_too_old(&self, status: StatusCode) -> bool {
        status == StatusCode::UNAUTHORIZED && self.password.is_some()
    }

    /// Returns the token that the network server asks for: that of the settings, or the one that it gives
    /// after a login, asked for `anew` where the last one is not good any more.
    async fn token(&self, anew: bool) -> Result<Option<String>, String> {
        let (Some(username), Some(password)) = (&self.settings.username, &self.password) else {
            return Ok(self.token.clone());
        };
        let mut given = self.given.lock().await;
        if given.is_none() || anew {
            let Some(login) = self.commands.login(username, password) else { return Ok(None) };
            let said = self.send(Outgoing::Http(login)).await;
            let Said { status, body, .. } = said.map_err(|failed| match failed {
                Failed::NotSent(why) | Failed::Unanswered { why, .. } => why,
            })?;
            let token = self.commands.token(&body).filter(|_| status.is_success());
            *given = Some(token.ok_or_else(|| format!("it does not let us log in: {status}"))?);
        }
        Ok(given.clone())
    }

    async fn publish(&self, topic: String, payload: Vec<u8>) -> Offered {
        let Some((publisher, _)) = &self.broker else {
            return Offered::Refused("the settings name no broker".to_owned());
        };
        match publisher.publish(topic, payload).await {
            // Of one that never tells what becomes of a command, the broker's receipt is all there is.
            Ok(()) if self.commands.told_by().is_none() => {
                Offered::Taken { reference: None, sent: true }
            }
            Ok(()) => Offered::Published,
            Err(error @ NotPublished::NotConnected) => Offered::away(error.to_string()),
            Err(error @ NotPublished::Unanswered) => {
                Offered::Unsure { why: error.to_string(), is_lost: true }
            }
        }
    }

    /// Sends a request or a call.
    async fn send(&self, outgoing: Outgoing) -> Result<Said, Failed> {
        match outgoing {
            Outgoing::Http(request) => self.http.request(request).await,
            Outgoing::Grpc(call) => match &self.grpc {
                Some(grpc) => grpc.call(call).await,
                None => Err(Failed::NotSent("the settings name no gRPC interface".to_owned())),
            },
            Outgoing::Mqtt { .. } => {
                Err(Failed::NotSent("a message through a broker is not answered".to_owned()))
            }
        }
    }
}

/// The knowledge that a message to the network server is made with.
struct Ground<'known> {
    here: Option<&'known Whereabouts>,
    last_prefix: Option<String>,
    encoding: Encoding,
}

/// The network server does not know us, or not any more.
struct Unauthorized;

fn unauthorized() -> String {
    format!("{}: it does not accept our token", StatusCode::UNAUTHORIZED)
}
