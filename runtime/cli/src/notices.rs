//! `champollion notices`: planned work and incidents.

use champollion_client::{
    Answer, Client, Notice, NoticeChange, NoticeFollowUp, NoticeReader, NoticeRequest, NoticeScope,
};
use champollion_delivery::names::{GroupId, UseCase};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Failure, clocks::Clocks, connection::Connection, output, table_file::TableOut};

/// Tells of planned work and incidents, and shows those that concern you.
#[derive(Args)]
pub(super) struct Notices {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// List notices, the latest first
    List {
        /// State of the notices to list
        #[arg(long, value_enum)]
        state: Option<State>,
        #[command(flatten)]
        table: TableOut,
    },
    /// Show a notice with its later words
    Show {
        /// Id of the notice
        id: Uuid,
    },
    /// Tell of planned work or an incident
    Add(Add),
    /// Give a notice another text, begin or end
    Change {
        /// Id of the notice
        id: Uuid,
        /// Another title for people
        #[arg(long)]
        title: Option<String>,
        /// Another text for people
        #[arg(long)]
        text: Option<String>,
        /// Another begin, as in 2027-03-01T08:00:00Z
        #[arg(long)]
        begin: Option<Timestamp>,
        /// Another end, as in 2027-03-01T12:00:00Z
        #[arg(long)]
        end: Option<Timestamp>,
        /// Whether the days that it touches are left out of the figures
        #[arg(long)]
        leaves_out: Option<bool>,
    },
    /// Add a later word to a notice
    FollowUp {
        /// Id of the notice
        id: Uuid,
        /// Text for people to read
        text: String,
        /// End of the notice, where it is known now
        #[arg(long)]
        end: Option<Timestamp>,
    },
    /// Take a notice back
    Cancel {
        /// Id of the notice
        id: Uuid,
    },
    /// Be mailed notices, or not; without an option shows what is set
    Mail {
        /// Whether mails are wanted
        #[arg(long)]
        wanted: Option<bool>,
        /// Language of the mails: en or fr
        #[arg(long, default_value = "fr", value_parser = ["en", "fr"])]
        language: String,
    },
    /// Have a system of a group told of notices; without an option shows which one is
    Webhook {
        /// Group of the system
        group: GroupId,
        /// Address that is posted to, as in https://city.example/notices
        #[arg(long, conflicts_with = "remove")]
        url: Option<String>,
        /// Take the system away
        #[arg(long)]
        remove: bool,
    },
    /// Print the notices as a calendar (iCalendar)
    Calendar,
    /// Print the notices as a feed (Atom)
    Feed,
}

#[derive(Args)]
struct Add {
    /// Kind of the notice
    #[arg(value_enum)]
    kind: Kind,
    /// Title for people, on one line
    title: String,
    /// Text for people to read
    #[arg(long)]
    text: String,
    /// Begin, as in 2027-03-01T08:00:00Z; of an incident now
    #[arg(long)]
    begin: Option<Timestamp>,
    /// End, as in 2027-03-01T12:00:00Z
    #[arg(long)]
    end: Option<Timestamp>,
    /// Group that it is about, several times for several; all without
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<GroupId>,
    /// Use case that it is about, several times for several; all without
    #[arg(long = "use-case", value_name = "USE_CASE")]
    use_cases: Vec<UseCase>,
    /// Gateway that it is about, several times for several
    #[arg(long = "gateway", value_name = "GATEWAY")]
    gateways: Vec<String>,
    /// Whether the days that it touches are left out of the figures; those of planned work are
    #[arg(long)]
    leaves_out: Option<bool>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Work that is told before it begins
    Planned,
    /// A disturbance that is told while it lasts
    Incident,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    /// It has not begun
    Planned,
    /// It has begun, and is not over
    InForce,
    /// Its end is past
    Over,
    /// It was taken back
    Cancelled,
}

impl Notices {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        let json = self.json;
        match self.action {
            Action::List { state, table } => list(&client, state, &table, json).await,
            Action::Show { id } => shown(&client, &client.notice(id).await?, json).await,
            Action::Add(add) => shown(&client, &client.add_notice(&add.wish()).await?, json).await,
            Action::Change { id, title, text, begin, end, leaves_out } => {
                let change = NoticeChange { title, text, begin, end, leaves_out };
                shown(&client, &client.change_notice(id, &change).await?, json).await
            }
            Action::FollowUp { id, text, end } => {
                let word = NoticeFollowUp { text, end };
                shown(&client, &client.follow_up_notice(id, &word).await?, json).await
            }
            Action::Cancel { id } => shown(&client, &client.cancel_notice(id).await?, json).await,
            Action::Mail { wanted, language } => mail(&client, wanted, language, json).await,
            Action::Webhook { group, url, remove } => {
                webhook(&client, &group, (url, remove), json).await
            }
            Action::Calendar => text("calendar", client.calendar_of_notices().await?, json),
            Action::Feed => text("feed", client.feed_of_notices().await?, json),
        }
    }
}

impl Add {
    fn wish(self) -> NoticeRequest {
        let scope = NoticeScope {
            groups: self.groups.iter().map(ToString::to_string).collect(),
            use_cases: self.use_cases.iter().map(ToString::to_string).collect(),
            gateways: self.gateways,
        };
        NoticeRequest {
            kind: word(self.kind),
            title: self.title,
            text: self.text,
            begin: self.begin,
            end: self.end,
            scope,
            leaves_out: self.leaves_out,
        }
    }
}

/// The word of a choice, as the interface has it.
fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

async fn list(
    client: &Client,
    state: Option<State>,
    table: &TableOut,
    json: bool,
) -> Result<(), Failure> {
    let state = state.map(word);
    if let Some(file) = table.file()? {
        let table = client.notices_table(state.as_deref(), file.form).await?;
        return file.write(&table, json);
    }
    let list = client.notices(state.as_deref()).await?;
    if json {
        return output::answer(&list);
    }
    let clocks = Clocks::of(client).await?;
    let rows = list.notices.iter().map(|notice| {
        [
            notice.id.to_string(),
            notice.kind.clone(),
            notice.state.clone(),
            clocks.moment(notice.begin),
            clocks.moment_if_any(notice.end),
            output::quoted(&notice.title),
        ]
    });
    output::table(["id", "kind", "state", "begin", "end", "title"], rows);
    Ok(())
}

async fn shown(client: &Client, notice: &Answer<Notice>, json: bool) -> Result<(), Failure> {
    if json {
        return output::answer(notice);
    }
    let clocks = Clocks::of(client).await?;
    let unknown = || "an end that is not known".to_owned();
    let end = notice.end.map_or_else(unknown, |at| clocks.moment(at));
    let title = output::quoted(&notice.title);
    output::line(format_args!("{} {} ({}): {title}", notice.id, notice.kind, notice.state));
    output::line(format_args!(
        "{} to {end}, about {}",
        clocks.moment(notice.begin),
        about(&notice.scope)
    ));
    output::line(output::quoted(&notice.text));
    for word in &notice.follow_ups {
        output::line(format_args!("{}: {}", clocks.moment(word.at), output::quoted(&word.text)));
    }
    Ok(())
}

async fn mail(
    client: &Client,
    wanted: Option<bool>,
    language: String,
    json: bool,
) -> Result<(), Failure> {
    let reader = match wanted {
        None => client.notice_reader().await?,
        Some(mail) => client.put_notice_reader(&NoticeReader { mail, language }).await?,
    };
    if json {
        return output::answer(&reader);
    }
    output::line(match reader.mail {
        true => format!("notices are mailed, in the language {}", output::quoted(&reader.language)),
        false => "notices are not mailed".to_owned(),
    });
    Ok(())
}

async fn webhook(
    client: &Client,
    group: &GroupId,
    (url, remove): (Option<String>, bool),
    json: bool,
) -> Result<(), Failure> {
    if remove {
        client.remove_notice_hook(group).await?;
        if json {
            return output::json(&serde_json::json!({ "removed": group.to_string() }));
        }
        output::line(format_args!("no system of {group} is told of notices any more"));
        return Ok(());
    }
    let hook = match url {
        None => client.notice_hook(group).await?,
        Some(url) => client.put_notice_hook(group, &url).await?,
    };
    if json {
        return output::answer(&hook);
    }
    output::line(format_args!("{group}: {}", output::quoted(&hook.url)));
    if let Some(secret) = &hook.secret {
        output::line(format_args!("secret, shown once: {}", output::quoted(secret)));
    }
    Ok(())
}

/// The objects that a notice is about, in words.
fn about(scope: &NoticeScope) -> String {
    let parts =
        [("groups", &scope.groups), ("use cases", &scope.use_cases), ("gateways", &scope.gateways)];
    let said = parts.into_iter().filter(|(_, names)| !names.is_empty());
    let said: Vec<String> =
        said.map(|(part, names)| format!("{part} {}", output::quoted(names.join(" ")))).collect();
    if said.is_empty() { "the whole territory".to_owned() } else { said.join(", ") }
}

/// A document as it is, or as a member of JSON.
fn text(name: &str, document: String, json: bool) -> Result<(), Failure> {
    if json {
        return output::json(&serde_json::json!({ name: document }));
    }
    output::script(document.as_bytes())
}
