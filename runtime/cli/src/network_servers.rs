//! `champollion network-servers`: the doors of network servers are looked after.

use champollion_client::{Client, Handshake};
use clap::{Args, Subcommand};

use super::{Failure, connection::Connection, output};

/// Looks after the doors of network servers.
#[derive(Args)]
pub(super) struct NetworkServers {
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
    /// List the clouds that ask whether they may deliver here, as AWS IoT does before its rule is enabled
    Handshakes,
}

impl NetworkServers {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match self.action {
            Action::Handshakes => self.handshakes(&client).await,
        }
    }

    async fn handshakes(&self, client: &Client) -> Result<(), Failure> {
        let list = client.handshakes().await?;
        if self.json {
            return output::answer(&list);
        }
        for handshake in &list.handshakes {
            show(handshake);
        }
        if list.handshakes.is_empty() {
            output::line("no cloud has asked in the last three days");
        } else {
            output::note(
                "anybody can send a handshake: open the address, or give the token to the cloud, where you \
                 expect it",
            );
        }
        Ok(())
    }
}

fn show(handshake: &Handshake) {
    let Handshake {
        door,
        what,
        resource,
        confirmation_token,
        enable_url,
        last_at,
        times,
        from,
        ..
    } = handshake;
    let last_at = output::moment(*last_at);
    let (door, what) = (output::quoted(door), output::quoted(what));
    let from = from.as_ref().map(|from| format!(", from {}", output::quoted(from)));
    output::line(format_args!(
        "{last_at}  {what} at {door}{}, received {times} times",
        from.unwrap_or_default()
    ));
    for (name, value) in [("of", resource), ("open", enable_url), ("token", confirmation_token)] {
        output::line(format_args!("  {name:5} {}", output::quoted(value)));
    }
}
