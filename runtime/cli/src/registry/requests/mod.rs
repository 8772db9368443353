//! `champollion registry requests`: partners ask for decoders; what was paid once is there for all.

mod told;

use std::path::{Path, PathBuf};

use champollion_client::{Client, DecoderEstimate, DecoderWish, SponsorPayload};
use champollion_fleet::names::PartnerId;
use champollion_registry::{package::DecoderId, requests::Wish};
use clap::{Args, Subcommand, ValueEnum};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use semver::Version;
use uuid::Uuid;

use super::{
    super::{
        Failure, output,
        toml_file::{read_toml, sent, unusable},
    },
    decoder_version,
};
use told::{show, show_all};

/// A request with all its parts, as a person writes it.
const TEMPLATE: &str = include_str!("wish.toml");

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Ask for a decoder in the name of a partner
    Ask(Ask),
    /// List requests for decoders
    List {
        /// State of the requests
        #[arg(long)]
        state: Option<State>,
    },
    /// Show a request with its payloads, its candidate and its steps
    Show {
        /// Id of the request
        id: Uuid,
    },
    /// Print the payloads of a request as the vectors.json that a developer begins with
    Vectors {
        /// Id of the request
        id: Uuid,
    },
    /// Give a request other payloads, as where a value was written down wrongly
    Payloads {
        /// Id of the request
        id: Uuid,
        /// File with the whole request, in TOML, of which the payloads are taken
        file: PathBuf,
        /// Reason, for those who work on it
        #[arg(long, value_name = "TEXT")]
        text: Option<String>,
    },
    /// Tell the price of a decoder, and the day by which it is stable
    Estimate {
        /// Id of the request
        id: Uuid,
        /// Price of the decoder, in words
        #[arg(long, value_name = "TEXT")]
        price: String,
        /// Day by which the decoder is to be stable, such as 2030-01-31
        #[arg(long, value_name = "DAY")]
        by: Option<Date>,
        /// More about the work
        #[arg(long)]
        text: Option<String>,
    },
    /// Order the decoder that was estimated
    Order {
        /// Id of the request
        id: Uuid,
        /// Number of the order; the one of the request without
        #[arg(long, value_name = "NUMBER")]
        number: Option<String>,
    },
    /// Ask the partner something about a request
    Question(Words),
    /// Answer a question about a request
    Answer(Words),
    /// Name the candidate that was published for a request
    Candidate {
        /// Id of the request
        id: Uuid,
        /// Decoder and its version, as in acme/meter@1.2.0
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
    },
    /// Accept the candidate of a request, once it reads the payloads
    Accept {
        /// Id of the request
        id: Uuid,
        /// Words to those who work on it
        #[arg(long)]
        text: Option<String>,
    },
    /// Send the candidate of a request back
    SendBack(Words),
    /// Promote the candidate that a sponsor has accepted, which ends its request
    Stable {
        /// Id of the request
        id: Uuid,
    },
    /// Decline a request, with a reason
    Decline(Words),
    /// Withdraw a request that is not ordered yet
    Withdraw(Words),
}

#[derive(Args)]
pub(in super::super) struct Ask {
    /// Short name of the partner, which is the sponsor
    #[arg(required_unless_present = "template")]
    partner: Option<PartnerId>,
    /// File with the request, in TOML; - is standard input
    #[arg(required_unless_present = "template")]
    file: Option<PathBuf>,
    /// Print a file to start from
    #[arg(long, conflicts_with_all = ["partner", "file"])]
    template: bool,
}

/// A request, and words about it.
#[derive(Args)]
pub(in super::super) struct Words {
    /// Id of the request
    id: Uuid,
    /// Words of the step
    text: String,
}

/// A state of requests.
#[derive(Clone, Copy, ValueEnum)]
pub(in super::super) enum State {
    /// Requests that nobody has estimated
    Asked,
    /// Requests that wait for an order
    Estimated,
    /// Requests that a developer works on
    Ordered,
    /// Requests whose candidate waits for its sponsor
    Candidate,
    /// Requests whose candidate waits to become stable
    Accepted,
    /// Requests whose decoder is there for all
    Stable,
    /// Requests that were declined or withdrawn
    Declined,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Estimated => "estimated",
            Self::Ordered => "ordered",
            Self::Candidate => "candidate",
            Self::Accepted => "accepted",
            Self::Stable => "stable",
            Self::Declined => "declined",
        }
    }
}

impl Action {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let answer = match self {
            Self::Ask(wish) => return wish.run(client, json).await,
            Self::List { state } => {
                let list = client.decoder_requests(state.map(State::word)).await?;
                return show_all(&list, json);
            }
            Self::Vectors { id } => {
                return output::json(&*client.decoder_request_vectors(*id).await?);
            }
            Self::Show { id } => client.decoder_request(*id).await?,
            Self::Payloads { id, file, text } => {
                let payloads = payloads(file)?;
                client.replace_payloads(*id, &payloads, text.as_deref()).await?
            }
            Self::Estimate { id, price, by, text } => {
                let (price, text) = (price.clone(), text.clone());
                client.estimate_decoder(*id, &DecoderEstimate { price, by: *by, text }).await?
            }
            Self::Order { id, number } => client.order_decoder(*id, number.as_deref()).await?,
            Self::Question(Words { id, text }) => {
                client.question_decoder_request(*id, text).await?
            }
            Self::Answer(Words { id, text }) => client.answer_decoder_request(*id, text).await?,
            Self::Candidate { id, decoder: (decoder, version) } => {
                client.propose_candidate(*id, decoder, version).await?
            }
            Self::Accept { id, text } => client.judge_candidate(*id, true, text.as_deref()).await?,
            Self::SendBack(Words { id, text }) => {
                client.judge_candidate(*id, false, Some(text)).await?
            }
            Self::Stable { id } => client.finish_decoder_request(*id).await?,
            Self::Decline(Words { id, text }) => client.decline_decoder_request(*id, text).await?,
            Self::Withdraw(Words { id, text }) => {
                client.withdraw_decoder_request(*id, text).await?
            }
        };
        show(&answer, json)
    }
}

impl Ask {
    async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let (Some(partner), Some(file)) = (&self.partner, &self.file) else {
            return output::script(TEMPLATE.as_bytes());
        };
        let wish: DecoderWish = sent(&checked(file)?, &unusable(file))?;
        show(&client.ask_for_decoder(partner, &wish).await?, json)
    }
}

/// The wish of a file, checked before it is sent.
fn checked(file: &Path) -> Result<Wish, Failure> {
    let wish: Wish = read_toml(file)?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    wish.check(today).map_err(Failure::of(unusable(file)))?;
    Ok(wish)
}

/// The payloads of a file with a whole wish.
fn payloads(file: &Path) -> Result<Vec<SponsorPayload>, Failure> {
    sent(&checked(file)?.payloads, &unusable(file))
}

#[cfg(test)]
mod tests {
    use super::{super::super::toml_file::parsed, *};

    #[test]
    fn the_template_is_a_wish_that_makes_sense() {
        let wish: Wish = parsed(TEMPLATE).unwrap();
        assert_eq!(wish.check("2027-01-04".parse().unwrap()), Ok(()));
        let sent: DecoderWish = sent(&wish, "a test").unwrap();
        assert_eq!((sent.payloads.len(), sent.payloads[4].right.len()), (5, 2));
    }
}
