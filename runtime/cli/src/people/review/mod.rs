//! `champollion people review`: every grant and every token of a machine with its last use, to be confirmed or ended.

mod list;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use champollion_client::{Client, ClientError, Grant, Person, PersonList, Token};
use clap::Args;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{full_name, told};
use crate::{
    Failure, output,
    plural::{agreeing, counted},
};
use list::{Decided, Decision, Right, moment};

/// Lists every grant and every token of a machine with its last use, and carries decisions out.
#[derive(Args)]
pub(super) struct Review {
    /// File to write the list to: .xlsx, or .csv; its column `decision` is for `keep` and `end`
    #[arg(long, value_name = "FILE", conflicts_with = "decided")]
    out: Option<PathBuf>,
    /// Write a .csv with semicolons, as spreadsheets of French systems open it
    #[arg(long, requires = "out")]
    french: bool,
    /// File of such a list with its decisions, .xlsx, .ods or .csv, which are carried out: `keep` confirms, `end` revokes
    #[arg(long, value_name = "FILE")]
    decided: Option<PathBuf>,
    /// End the grants and the tokens of the list without a decision as well
    #[arg(long, requires = "decided")]
    end_undecided: bool,
}

/// The outcome of a right of a list.
#[derive(Serialize)]
struct Outcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    grant: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Review {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        if let Some(file) = &self.decided {
            return self.carry_out(client, file, json).await;
        }
        let list = client.people().await?;
        let machines = machines(client).await?;
        if let Some(file) = &self.out {
            let rows = list::rows(&list.people, &machines);
            let grants = rows.len() - machines.len();
            list::write(file, rows, self.french)?;
            output::note(format_args!(
                "{} and {} of machines are in {}",
                counted(grants, "grant"),
                counted(machines.len(), "token"),
                file.display()
            ));
            return Ok(());
        }
        if json {
            let mut whole = list.read_as::<Json>()?;
            whole["tokens"] = json!(machines);
            return output::json(&whole);
        }
        show(&list, &machines);
        Ok(())
    }

    async fn carry_out(&self, client: &Client, file: &Path, json: bool) -> Result<(), Failure> {
        let bytes = fs::read(file)
            .map_err(Failure::of_file(format!("{} cannot be read", file.display())))?;
        let unusable = || format!("{} is no list of decisions", file.display());
        let decided = list::read(&bytes).map_err(|reason| Failure::new(unusable(), reason))?;
        let own = Right::Token(client.me().await?.into_value().token);
        let mut outcomes = Vec::new();
        for Decided { right, decision } in decided {
            let decision = decision.or(self.end_undecided.then_some(Decision::End));
            let (outcome, problem) = match decision {
                None => ("undecided", None),
                // Without it nothing more could be carried out.
                Some(Decision::End) if right == own => {
                    let reason = "it is the token of this command: end it with another one";
                    ("refused", Some(reason.to_owned()))
                }
                Some(decision) => match carried_out(client, &right, decision).await {
                    Ok(outcome) => (outcome, None),
                    Err(error) => ("refused", Some(error.to_string())),
                },
            };
            let (grant, token) = match right {
                Right::Grant { grant, .. } => (Some(grant), None),
                Right::Token(token) => (None, Some(token)),
            };
            outcomes.push(Outcome { grant, token, outcome, problem });
        }
        report(&outcomes, json)
    }
}

/// The tokens of machines that the sender looks after; none where the sender may not see tokens.
async fn machines(client: &Client) -> Result<Vec<Token>, Failure> {
    match client.tokens().await {
        Ok(list) => {
            let mut tokens = list.into_value().tokens;
            tokens.retain(|token| token.person.is_none());
            Ok(tokens)
        }
        Err(error) if error.problem().is_some_and(|problem| problem.code == "forbidden") => {
            output::note("Tokens of machines are left out: your token may not list them.");
            Ok(Vec::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// Carries a decision out; returns its outcome in a word.
async fn carried_out(
    client: &Client,
    right: &Right,
    decision: Decision,
) -> Result<&'static str, ClientError> {
    match (right, decision) {
        (Right::Grant { person, grant }, Decision::Keep) => {
            client.confirm_grant(*person, *grant).await?;
        }
        (Right::Grant { person, grant }, Decision::End) => {
            client.revoke_grant(*person, *grant).await?;
        }
        (Right::Token(token), Decision::Keep) => {
            client.confirm_token(token).await?;
        }
        (Right::Token(token), Decision::End) => client.revoke_token(token).await?,
    }
    Ok(match decision {
        Decision::Keep => "confirmed",
        Decision::End => "ended",
    })
}

fn show(list: &PersonList, machines: &[Token]) {
    let of_person = |person: &Person| -> Vec<[String; 5]> {
        let of_grant = |grant: &Grant| {
            [
                output::quoted(full_name(person)),
                output::quoted(&person.email),
                told(grant),
                moment(grant.confirmed_at),
                moment(grant.last_used_at),
            ]
        };
        person.grants.iter().map(of_grant).collect()
    };
    let of_machine = |token: &Token| {
        let place = token.group.as_ref().map(|group| format!("group:{group}"));
        let place = token.scope.clone().or(place);
        let role = token.role.as_str();
        [
            output::quoted(&token.name),
            String::new(),
            place.map_or_else(|| role.to_owned(), |place| format!("{role}@{place}")),
            moment(token.confirmed_at),
            moment(token.last_used_at),
        ]
    };
    let rows = list.people.iter().flat_map(of_person).chain(machines.iter().map(of_machine));
    output::table(["name", "e-mail", "role and scope", "confirmed", "last used"], rows);
}

fn report(outcomes: &[Outcome], json: bool) -> Result<(), Failure> {
    let refused = outcomes.iter().filter(|outcome| outcome.problem.is_some()).count();
    if json {
        output::json(&outcomes)?;
    } else {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        outcomes.iter().for_each(|outcome| *counts.entry(outcome.outcome).or_default() += 1);
        let counts: Vec<String> =
            counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
        output::line(counts.join(", "));
        for Outcome { grant, token, problem, .. } in outcomes {
            if let Some(problem) = problem {
                let grant = grant.map(|grant| grant.to_string());
                let id = grant.or_else(|| token.clone()).unwrap_or_default();
                output::line(format_args!("{}: {}", output::quoted(id), output::quoted(problem)));
            }
        }
    }
    match refused {
        0 => Ok(()),
        count => {
            let were = agreeing(count, "was", "were");
            let reason = format!("{} {were} refused", counted(count, "decision"));
            Err(Failure::new("the review is not done", reason))
        }
    }
}
