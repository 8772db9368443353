//! `champollion partners`: partners, the groups that they own, and their approvals.

mod approvals;
mod files;

use champollion_client::{
    Answer, Partner, PartnerChange, PartnerRequest, Staying, StayingRoute, StayingToken,
};
use champollion_fleet::names::{GroupId, PartnerId};
use clap::{Args, Subcommand};

use super::{Failure, connection::Connection, output};

/// Adds, lists, shows and changes partners; asks for their approval, and decides.
#[derive(Args)]
pub(super) struct Partners {
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
    /// Add a partner, and name its groups
    Add {
        /// Short name of the partner, which never changes: small letters, digits and hyphens
        id: PartnerId,
        /// Name of the partner for people
        #[arg(long)]
        name: String,
        /// Group that the partner owns, several times for several
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<GroupId>,
    },
    /// List partners with their groups
    List,
    /// Show a partner with its groups
    Show {
        /// Short name of the partner
        id: PartnerId,
    },
    /// Give a partner another name, more groups or fewer
    Change {
        /// Short name of the partner
        id: PartnerId,
        /// Another name for people
        #[arg(long)]
        name: Option<String>,
        /// Group that the partner owns from now on, several times for several
        #[arg(long, value_name = "GROUP")]
        add_group: Vec<GroupId>,
        /// Group that the partner owns no more, several times for several
        #[arg(long, value_name = "GROUP")]
        remove_group: Vec<GroupId>,
    },
    #[command(flatten)]
    Approvals(approvals::Action),
}

impl Partners {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.action {
            Action::Add { id, name, groups } => {
                let wish = PartnerRequest {
                    id: id.to_string(),
                    name: name.clone(),
                    groups: texts(groups),
                };
                self.show(&client.add_partner(&wish).await?)
            }
            Action::List => {
                let list = client.partners().await?;
                if self.json {
                    return output::answer(&list);
                }
                output::table(HEADS, list.partners.iter().map(row));
                Ok(())
            }
            Action::Show { id } => self.show(&client.partner(id).await?),
            Action::Change { id, name, add_group, remove_group } => {
                let change = PartnerChange {
                    name: name.clone(),
                    add_groups: texts(add_group),
                    remove_groups: texts(remove_group),
                };
                let changed = client.change_partner(id, &change).await?;
                self.show(&changed)?;
                if let Some(staying) = changed.staying.as_ref().filter(|_| !self.json) {
                    tell(staying);
                }
                Ok(())
            }
            Action::Approvals(action) => action.run(&client, self.json).await,
        }
    }

    fn show(&self, partner: &Answer<Partner>) -> Result<(), Failure> {
        if self.json {
            return output::answer(partner);
        }
        output::table(HEADS, [row(partner)]);
        Ok(())
    }
}

/// Tells what goes on in groups that have left.
fn tell(staying: &Staying) {
    for StayingToken { group, id, name } in &staying.tokens {
        let name = output::quoted(name);
        output::note(format_args!(
            "the token {id} ({name}) stays with the group {group}: revoke it unless the next owner is to have it"
        ));
    }
    for StayingRoute { group, name } in &staying.routes {
        output::note(format_args!(
            "the route {name} stays with the group {group}: remove it unless the next owner is to have it"
        ));
    }
}

/// The heads of a table of partners.
const HEADS: [&str; 4] = ["partner", "name", "groups", "added"];

fn row(partner: &Partner) -> [String; 4] {
    [
        partner.id.clone(),
        output::quoted(&partner.name),
        partner.groups.join(" "),
        output::moment(partner.created_at),
    ]
}

fn texts(names: &[GroupId]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
