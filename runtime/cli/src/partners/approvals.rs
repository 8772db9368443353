//! `champollion partners ask …`: requests, decisions and approvals.

use std::{fs, path::PathBuf};

use champollion_client::{
    Answer, Client, DecidedRequest, DecisionRequest, PartnerApproval, PartnersRequest,
    RequestMatter,
};
use champollion_fleet::names::{GroupId, PartnerId};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::files;
use crate::{Failure, one_time_link, output, plural::counted, toml_file::text};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Ask for the approval of a partner that is to be; no token is needed
    Ask(Ask),
    /// Ask for another approval of a partner, by another declaration
    AskAgain {
        /// Short name of the partner
        partner: PartnerId,
        /// File with the declaration, in TOML
        declaration: PathBuf,
    },
    /// Look at a request by its secret, answer the operator, or take it back
    Own(Own),
    /// List the requests of partners
    Requests {
        /// State of the requests
        #[arg(long)]
        state: Option<State>,
    },
    /// Show a request with its checks, remarks and decision
    Request {
        /// Id of the request
        id: Uuid,
    },
    /// Note the result of a check of a request
    Check {
        /// Id of the request
        id: Uuid,
        /// Number of the check, from 1
        number: usize,
        /// Note that the request passes the check
        #[arg(long, required_unless_present = "failed", conflicts_with = "failed")]
        passed: bool,
        /// Note that the request does not pass the check
        #[arg(long)]
        failed: bool,
        /// Note on what was found
        #[arg(long)]
        note: Option<String>,
    },
    /// Remark on a request, or ask the partner a question about it
    Remark {
        /// Id of the request
        id: Uuid,
        /// Words of the remark
        text: String,
        /// Have the request wait for the answer of the partner
        #[arg(long)]
        question: bool,
    },
    /// Decide about a request, with a letter
    Decide(Decide),
    /// Show the approval of a partner, and how many objects it may have
    Approval {
        /// Short name of the partner
        partner: PartnerId,
    },
    /// End the approval of a partner, with notice and a letter
    End {
        /// Short name of the partner
        partner: PartnerId,
        /// Moment from which on the approval is not in force, such as 2030-01-01T00:00:00Z
        #[arg(long, value_name = "MOMENT")]
        at: Timestamp,
        /// File with the letter; - is standard input
        #[arg(long, value_name = "FILE")]
        letter: PathBuf,
    },
}

#[derive(Args)]
pub(super) struct Ask {
    /// File with the request, in TOML
    #[arg(required_unless_present = "template")]
    file: Option<PathBuf>,
    /// Print a file to start from
    #[arg(long, conflicts_with = "file")]
    template: bool,
    /// File for the secret of the request, which is printed without
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Own {
    /// Id of the request
    id: Uuid,
    /// File with the secret of the request; - is standard input
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// Words to the operator
    #[arg(long, value_name = "TEXT")]
    answer: Option<String>,
    /// File with another declaration, in TOML
    #[arg(long, value_name = "FILE", requires = "answer")]
    declaration: Option<PathBuf>,
    /// Take the request back
    #[arg(long, conflicts_with_all = ["answer", "declaration"])]
    withdraw: bool,
}

#[derive(Args)]
pub(super) struct Decide {
    /// Id of the request
    id: Uuid,
    /// Accept what is asked for
    #[arg(long, required_unless_present = "refuse", conflicts_with = "refuse")]
    accept: bool,
    /// Refuse what is asked for
    #[arg(long)]
    refuse: bool,
    /// File with the letter; - is standard input
    #[arg(long, value_name = "FILE")]
    letter: PathBuf,
    /// Short name of the partner that is made
    #[arg(long)]
    partner: Option<PartnerId>,
    /// Group that the partner gets, several times for several; those that it wished for without
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<GroupId>,
    /// Number of objects that is consented to
    #[arg(long)]
    number: Option<u32>,
    /// Most objects while it is decided about those beyond the declared number
    #[arg(long)]
    quota: Option<u32>,
}

/// A state of requests.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum State {
    /// Requests that are not decided
    Waiting,
    /// Requests that the operator has accepted
    Accepted,
    /// Requests that the operator has refused
    Refused,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
        }
    }
}

impl Action {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::Ask(wish) => wish.run(client, json).await,
            Self::AskAgain { partner, declaration } => {
                let declaration = files::declaration(declaration)?;
                show(&client.ask_for_another_approval(partner, &declaration).await?, json)
            }
            Self::Own(own) => own.run(client, json).await,
            Self::Requests { state } => {
                let list = client.requests(state.map(State::word)).await?;
                if json {
                    return output::answer(&list);
                }
                output::table(HEADS, list.requests.iter().map(row));
                Ok(())
            }
            Self::Request { id } => show(&client.partners_request(*id).await?, json),
            Self::Check { id, number, passed, note, .. } => {
                let checked = client.check_request(*id, *number, *passed, note.as_deref()).await?;
                show(&checked, json)
            }
            Self::Remark { id, text, question } => {
                show(&client.remark_on_request(*id, text, *question).await?, json)
            }
            Self::Decide(decision) => decision.run(client, json).await,
            Self::Approval { partner } => show_approval(&client.approval(partner).await?, json),
            Self::End { partner, at, letter } => {
                let letter = text(letter)?;
                show_approval(&client.end_approval(partner, *at, &letter).await?, json)
            }
        }
    }
}

impl Ask {
    async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let Some(file) = &self.file else { return output::script(files::TEMPLATE.as_bytes()) };
        let wish = files::request(file)?;
        let asked = client.ask_for_approval(&wish).await?;
        if let Some(file) = &self.secret_file {
            let task = format!("the secret cannot be written to {}", file.display());
            fs::write(file, format!("{}\n", asked.secret)).map_err(Failure::of_file(task))?;
        }
        if json {
            return output::answer(&asked);
        }
        tell(&asked.request);
        if self.secret_file.is_none() {
            output::line(format_args!("secret {}", asked.secret));
            output::note(
                "Keep the secret: with it the request is looked at and answered. This is the only time that it is shown.",
            );
        }
        Ok(())
    }
}

impl Own {
    async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let secret = files::secret(&self.secret_file)?;
        if self.withdraw {
            client.withdraw_own_request(self.id, &secret).await?;
            if json {
                return output::json(&json!({ "withdrawn": self.id }));
            }
            output::line(format_args!("withdrew {}", self.id));
            return Ok(());
        }
        let Some(text) = &self.answer else {
            return show(&client.own_request(self.id, &secret).await?, json);
        };
        let declaration = self.declaration.as_deref().map(files::declaration).transpose()?;
        let answered =
            client.answer_own_request(self.id, &secret, text, declaration.as_ref()).await?;
        show(&answered, json)
    }
}

impl Decide {
    async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let groups: Vec<String> = self.groups.iter().map(ToString::to_string).collect();
        let decision = DecisionRequest {
            accepted: self.accept,
            letter: text(&self.letter)?,
            partner: self.partner.as_ref().map(ToString::to_string),
            groups: (!groups.is_empty()).then_some(groups),
            number: self.number,
            quota: self.quota,
        };
        let decided = client.decide_request(self.id, &decision).await?;
        if json {
            return output::answer(&decided);
        }
        let DecidedRequest { request, partner, invitation } = &*decided;
        tell(request);
        if let Some(partner) = partner {
            let groups = partner.groups.join(" ");
            output::line(format_args!("partner {} with the groups {groups}", partner.id));
        }
        let Some(invitation) = invitation else { return Ok(()) };
        if let Some(address) = &invitation.mailed_to {
            output::line(format_args!("invitation mailed to {}", output::quoted(address)));
            return Ok(());
        }
        let link = invitation.link.as_deref().unwrap_or_default();
        output::line(format_args!("invitation {link}"));
        one_time_link::tell(link, "the first owner", invitation.expires_at);
        Ok(())
    }
}

fn show(request: &Answer<PartnersRequest>, json: bool) -> Result<(), Failure> {
    if json {
        return output::answer(request);
    }
    tell(request);
    Ok(())
}

/// The heads of a table of requests.
const HEADS: [&str; 7] = ["request", "name", "about", "state", "waits for", "due", "overdue"];

fn row(request: &PartnersRequest) -> [String; 7] {
    [
        request.id.to_string(),
        output::quoted(&request.name),
        about(&request.matter),
        output::quoted(&request.state),
        output::quoted(&request.waits_for),
        output::moment(request.due_at),
        if request.overdue { "overdue".to_owned() } else { String::new() },
    ]
}

fn about(matter: &RequestMatter) -> String {
    match matter {
        RequestMatter::Approval { applicant: Some(_), .. } => "approval".to_owned(),
        RequestMatter::Approval { applicant: None, .. } => "another approval".to_owned(),
        RequestMatter::MoreObjects { declared, number } => {
            format!("{} instead of {declared}", counted(number, "object"))
        }
    }
}

/// Tells a request whole.
fn tell(request: &PartnersRequest) {
    output::table(HEADS, [row(request)]);
    if let RequestMatter::Approval { declaration, .. } = &request.matter {
        output::line(format_args!("mission: {}", output::quoted(&declaration.mission)));
        for stage in &declaration.objects {
            output::line(format_args!(
                "from {}: {}, {}",
                stage.from,
                counted(stage.number, "object"),
                output::quoted(&stage.places)
            ));
        }
    }
    for (number, check) in (1..).zip(request.checks.iter().flatten()) {
        let result = match &check.result {
            None => "open".to_owned(),
            Some(result) if result.passed => format!("passed, by {}", result.by),
            Some(result) => format!("failed, by {}", result.by),
        };
        let question = output::quoted(&check.question);
        output::line(format_args!("check {number}: {question}: {}", output::quoted(result)));
    }
    for remark in &request.remarks {
        output::line(format_args!(
            "{} {}: {}",
            output::moment(remark.at),
            output::quoted(&remark.side),
            output::quoted(&remark.text)
        ));
    }
    if let Some(decision) = &request.decision {
        let word = if decision.accepted { "accepted" } else { "refused" };
        output::line(format_args!("{word} at {}:", output::moment(decision.at)));
        output::line(output::quoted(&decision.letter));
    }
}

fn show_approval(approval: &Answer<PartnerApproval>, json: bool) -> Result<(), Failure> {
    if json {
        return output::answer(approval);
    }
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let notice = approval.approval.notice.as_ref();
    let origin =
        if approval.approval.of_existing_group { ", of a group that was there" } else { "" };
    let row = [
        approval.partner.clone(),
        format!("{}{origin}", output::quoted(&approval.state)),
        approval.objects.to_string(),
        number(approval.declared),
        number(approval.most),
        approval.approval.until.map(|day| day.to_string()).unwrap_or_default(),
        notice.map(|notice| output::moment(notice.ends_at)).unwrap_or_default(),
    ];
    let heads =
        ["partner", "approval", "objects", "declared", "at most", "until", "ends by notice"];
    output::table(heads, [row]);
    Ok(())
}
