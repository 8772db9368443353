//! `champollion people`: people and their grants.

mod made_tokens;
mod review;

use std::{
    fmt,
    io::{self, BufRead},
    str::FromStr,
};

use champollion_client::{
    Answer, Client, Grant, GrantRequest, Person, PersonChange, PersonRequest,
};
use champollion_fleet::{
    grants::{GrantRole, Place},
    people::Email,
};
use clap::{Args, Subcommand};
use serde_json::json;
use uuid::Uuid;

use super::{Failure, connection::Connection, one_time_link, output};

/// Adds people, grants them roles, and looks after their accounts.
#[derive(Args)]
pub(super) struct People {
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
    /// Add a person with the first grants
    Add {
        /// Name of the person
        #[arg(long)]
        name: String,
        /// First name of the person
        #[arg(long)]
        first_name: String,
        /// Personal e-mail address of the person
        #[arg(long)]
        email: Email,
        /// Scope whose owners look after the account; the smallest one that fits without
        #[arg(long, value_name = "SCOPE")]
        home: Option<Place>,
        /// Role and scope, as in owner@partner:city, several times for several
        #[arg(long = "grant", value_name = "ROLE@SCOPE")]
        grants: Vec<RoleAt>,
    },
    /// List people with their grants
    List,
    /// Show a person with the grants and their ids
    Show {
        /// Id or e-mail address of the person
        person: Named,
    },
    /// Correct the name or the e-mail address of a person
    Change {
        /// Id or e-mail address of the person
        person: Named,
        /// Another name than the present one
        #[arg(long)]
        name: Option<String>,
        /// Another first name than the present one
        #[arg(long)]
        first_name: Option<String>,
        /// Another e-mail address than the present one
        #[arg(long)]
        email: Option<Email>,
    },
    /// Grant a person a role
    Grant {
        /// Id or e-mail address of the person
        person: Named,
        /// Role and scope, as in reader@group:water
        #[arg(value_name = "ROLE@SCOPE")]
        grant: RoleAt,
    },
    /// Take a role from a person
    Revoke {
        /// Id or e-mail address of the person
        person: Named,
        /// Role and scope, or the id of the grant
        #[arg(value_name = "GRANT")]
        grant: NamedGrant,
    },
    /// Make a one-time link by which a person chooses a password
    Invite {
        /// Id or e-mail address of the person
        person: Named,
    },
    /// Choose a password by a one-time link; the password is read from standard input
    ChoosePassword {
        /// Secret of the link: what stands behind its #
        link: String,
    },
    /// Remove the second factor of a person who has lost the authenticator
    RemoveSecondFactor {
        /// Id or e-mail address of the person
        person: Named,
    },
    /// Take the identity at the provider of OpenID Connect from a person, who then signs in by another one
    UnlinkOpenid {
        /// Id or e-mail address of the person
        person: Named,
    },
    /// Suspend a person: own tokens and sessions end at once and for good, the grants stay, and tokens of machines that the
    /// person made are told
    Suspend {
        /// Id or e-mail address of the person
        person: Named,
        /// End the tokens of machines that the person made as well
        #[arg(long)]
        with_tokens: bool,
    },
    /// Put the grants of a suspended person in force again: the person signs in anew, and makes new tokens
    Resume {
        /// Id or e-mail address of the person
        person: Named,
    },
    /// List every grant with its last use, to be confirmed or ended
    Review(review::Review),
}

/// A role within a scope, as in `owner@partner:city`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RoleAt {
    role: GrantRole,
    scope: Place,
}

/// A person by the id or the address.
#[derive(Clone, Debug)]
enum Named {
    Id(Uuid),
    Email(Email),
}

/// A grant by its id, or by role and scope.
#[derive(Clone, Debug)]
enum NamedGrant {
    Id(Uuid),
    RoleAt(RoleAt),
}

impl FromStr for RoleAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "it must read ROLE@SCOPE, as in owner@partner:city".to_owned();
        let (role, scope) = text.split_once('@').ok_or_else(form)?;
        let role = role.parse::<GrantRole>().map_err(|error| error.to_string())?;
        let scope = scope.parse::<Place>().map_err(|error| error.to_string())?;
        Ok(Self { role, scope })
    }
}

impl fmt::Display for RoleAt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.role, self.scope)
    }
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        text.parse().map(Self::Email).map_err(|_| {
            "it must be the id of a person, as the list shows it, or an e-mail address".to_owned()
        })
    }
}

impl FromStr for NamedGrant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text.parse().map(Self::RoleAt),
        }
    }
}

impl RoleAt {
    fn request(&self) -> GrantRequest {
        GrantRequest { scope: self.scope.to_string(), role: self.role.to_string() }
    }
}

impl People {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.action {
            Action::Add { name, first_name, email, home, grants } => {
                let wish = PersonRequest {
                    name: name.clone(),
                    first_name: first_name.clone(),
                    email: email.to_string(),
                    home: home.as_ref().map(ToString::to_string),
                    grants: grants.iter().map(RoleAt::request).collect(),
                };
                self.show(&client.add_person(&wish).await?)
            }
            Action::List => self.list(&client).await,
            Action::Show { person } => {
                let id = found(&client, person).await?;
                self.show(&client.person(id).await?)
            }
            Action::Change { person, name, first_name, email } => {
                let id = found(&client, person).await?;
                let change = PersonChange {
                    name: name.clone(),
                    first_name: first_name.clone(),
                    email: email.as_ref().map(ToString::to_string),
                };
                self.show(&client.change_person(id, &change).await?)
            }
            Action::Grant { person, grant } => {
                let id = found(&client, person).await?;
                let granted = client.grant(id, &grant.request()).await?;
                if self.json {
                    return output::answer(&granted);
                }
                output::line(format_args!("granted {}", told(&granted)));
                Ok(())
            }
            Action::Revoke { person, grant } => self.revoke(&client, person, grant).await,
            Action::Invite { person } => self.invite(&client, person).await,
            Action::ChoosePassword { link } => self.choose_password(&client, link).await,
            Action::RemoveSecondFactor { person } => {
                let id = found(&client, person).await?;
                client.remove_second_factor(id).await?;
                if self.json {
                    return output::json(&json!({ "removed": id }));
                }
                output::line(format_args!("removed the second factor of {id}"));
                Ok(())
            }
            Action::UnlinkOpenid { person } => {
                let id = found(&client, person).await?;
                client.unlink_openid(id).await?;
                if self.json {
                    return output::json(&json!({ "unlinked": id }));
                }
                output::line(format_args!("unlinked {id}"));
                Ok(())
            }
            Action::Suspend { person, with_tokens } => {
                let id = found(&client, person).await?;
                let suspended = client.suspend_person(id).await?;
                made_tokens::tell(&client, &suspended, *with_tokens, self.json).await
            }
            Action::Resume { person } => {
                let id = found(&client, person).await?;
                self.show(&client.resume_person(id).await?)?;
                if !self.json {
                    output::note(
                        "The person signs in anew: tokens of before the suspension stay ended.",
                    );
                }
                Ok(())
            }
            Action::Review(review) => review.run(&client, self.json).await,
        }
    }

    async fn list(&self, client: &Client) -> Result<(), Failure> {
        let list = client.people().await?;
        if self.json {
            return output::answer(&list);
        }
        let rows = list.people.iter().map(|person| {
            let grants: Vec<String> = person.grants.iter().map(told).collect();
            [
                person.id.to_string(),
                output::quoted(full_name(person)),
                output::quoted(&person.email),
                grants.join(" "),
                person.suspended_at.map(output::moment).unwrap_or_default(),
            ]
        });
        output::table(["id", "name", "e-mail", "grants", "suspended"], rows);
        Ok(())
    }

    fn show(&self, person: &Answer<Person>) -> Result<(), Failure> {
        if self.json {
            return output::answer(person);
        }
        show(person);
        Ok(())
    }

    async fn invite(&self, client: &Client, person: &Named) -> Result<(), Failure> {
        let id = found(client, person).await?;
        let invitation = client.invite(id).await?;
        if self.json {
            return output::answer(&invitation);
        }
        if let Some(address) = &invitation.mailed_to {
            output::line(format_args!("mailed to {}", output::quoted(address)));
            return Ok(());
        }
        let link = invitation.link.as_deref().unwrap_or_default();
        output::line(link);
        one_time_link::tell(link, "the person", invitation.expires_at);
        Ok(())
    }

    async fn choose_password(&self, client: &Client, link: &str) -> Result<(), Failure> {
        let mut password = String::new();
        let read = io::stdin().lock().read_line(&mut password);
        read.map_err(Failure::of("the password cannot be read from standard input"))?;
        // A person pastes the whole link.
        let secret = link.rsplit_once('#').map_or(link, |(_, secret)| secret);
        client.choose_password(secret, password.trim_end_matches(['\r', '\n'])).await?;
        if self.json {
            return output::json(&json!({ "chosen": true }));
        }
        output::line("the password is chosen");
        Ok(())
    }

    async fn revoke(
        &self,
        client: &Client,
        person: &Named,
        grant: &NamedGrant,
    ) -> Result<(), Failure> {
        let id = found(client, person).await?;
        let grant = match grant {
            NamedGrant::Id(grant) => *grant,
            NamedGrant::RoleAt(wanted) => {
                let person = client.person(id).await?;
                let is_it = |grant: &&Grant| told(grant) == wanted.to_string();
                let found = person.grants.iter().find(is_it);
                let absent =
                    || Failure::new("no grant is revoked", format!("there is no {wanted}"));
                found.ok_or_else(absent)?.id
            }
        };
        client.revoke_grant(id, grant).await?;
        if self.json {
            return output::json(&json!({ "revoked": grant }));
        }
        output::line(format_args!("revoked {grant}"));
        Ok(())
    }
}

/// The id of the person that is meant.
async fn found(client: &Client, named: &Named) -> Result<Uuid, Failure> {
    let email = match named {
        Named::Id(id) => return Ok(*id),
        Named::Email(email) => email.as_str(),
    };
    let list = client.people().await?;
    let mut meant = list.people.iter().filter(|person| person.email == email);
    let none =
        || Failure::new("the person is not found", format!("nobody has the address {email}"));
    let first = meant.next().ok_or_else(none)?;
    match meant.next() {
        None => Ok(first.id),
        Some(second) => Err(Failure::new(
            "the person is not found",
            format!(
                "{email} is the address of an account of {} and of one of {}: name the id",
                first.home, second.home
            ),
        )),
    }
}

/// Shows a person with all grants.
fn show(person: &Person) {
    output::line(format_args!(
        "{} <{}> of {}",
        output::quoted(full_name(person)),
        output::quoted(&person.email),
        person.home
    ));
    output::line(format_args!("id {}", person.id));
    if let Some(at) = person.suspended_at {
        output::line(format_args!("suspended at {}", output::moment(at)));
    }
    let rows = person.grants.iter().map(|grant| {
        [
            grant.id.to_string(),
            told(grant),
            output::moment(grant.granted_at),
            output::quoted(&grant.granted_by),
            grant.last_used_at.map(output::moment).unwrap_or_default(),
        ]
    });
    output::table(["grant", "role and scope", "granted", "by", "last used"], rows);
}

fn full_name(person: &Person) -> String {
    format!("{} {}", person.first_name, person.name)
}

/// A grant as it is typed: `owner@partner:city`.
fn told(grant: &Grant) -> String {
    format!("{}@{}", grant.role, grant.scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_grants_are_named_as_they_are_shown() {
        let grant: RoleAt = "owner@sub-group:water/north".parse().unwrap();
        assert_eq!(grant.to_string(), "owner@sub-group:water/north");
        for text in ["owner", "owner@water", "chief@territory", "@territory", ""] {
            assert!(text.parse::<RoleAt>().is_err(), "{text:?}");
        }
        assert!(matches!("Ada@City.example".parse(), Ok(Named::Email(_))));
        assert!(matches!(Uuid::nil().to_string().parse(), Ok(Named::Id(_))));
        assert!("ada".parse::<Named>().unwrap_err().contains("e-mail"));
        assert!(matches!("reader@territory".parse(), Ok(NamedGrant::RoleAt(_))));
    }
}
