//! `champollion groups`: the databases in which groups lie, where there are several.

use champollion_client::{Client, GroupDatabase, GroupPlace};
use champollion_delivery::names::GroupId;
use clap::{Args, Subcommand};

use super::{Failure, connection::Connection, output};

/// Shows in which database each group lies, and places new groups.
#[derive(Args)]
pub(super) struct Groups {
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: GroupsCommand,
}

#[derive(Subcommand)]
enum GroupsCommand {
    /// List the databases, and the groups that lie in each
    List,
    /// Say in which database a group is to lie of which nothing was written yet
    Place {
        /// Group to be placed, before its first device is registered
        group: GroupId,
        /// Database of the settings of the server in which it is to lie
        #[arg(long = "in", value_name = "DATABASE")]
        database: String,
    },
}

impl Groups {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match self.command {
            GroupsCommand::List => list(&client, self.json).await,
            GroupsCommand::Place { group, database } => {
                let placed = client.place_group(&group, &database).await?;
                if self.json {
                    return output::answer(&placed);
                }
                output::line(format_args!("{} lies in {}", placed.group, placed.database));
                Ok(())
            }
        }
    }
}

async fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let list = client.group_places().await?;
    if json {
        return output::answer(&list);
    }
    if list.databases.is_empty() {
        output::line("the server keeps all groups in one place");
        return Ok(());
    }
    let of_database = |one: &GroupDatabase| {
        let state = if one.ready { "ready" } else { "away" }.to_owned();
        let (groups, devices) = (one.groups.to_string(), one.devices.to_string());
        [one.name.clone(), one.server.clone(), state, groups, devices]
    };
    let headers = ["database", "server", "state", "groups", "devices"];
    output::table(headers, list.databases.iter().map(of_database));
    let of_group = |place: &GroupPlace| [place.group.clone(), place.database.clone()];
    output::table(["group", "database"], list.groups.iter().map(of_group));
    Ok(())
}
