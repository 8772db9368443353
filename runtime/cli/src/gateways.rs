//! `champollion gateways`: when each gateway was last heard, and what fails if it fails.

use champollion_client::{Client, Gateway, ObjectOfGateway};
use clap::Args;

use super::{Failure, clocks::Clocks, connection::Connection, output, table_file::TableOut};

/// Shows gateways: when each was last heard, and which objects it alone hears.
#[derive(Args)]
pub(super) struct Gateways {
    #[command(flatten)]
    connection: Connection,
    /// Gateway to show with the objects that it alone hears; all where it is left out
    #[arg(conflicts_with = "out")]
    gateway: Option<String>,
    #[command(flatten)]
    table: TableOut,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Gateways {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.gateway {
            Some(id) => self.show(&client, id).await,
            None => self.list(&client).await,
        }
    }

    async fn list(&self, client: &Client) -> Result<(), Failure> {
        if let Some(file) = self.table.file()? {
            return file.write(&client.gateways_table(file.form).await?, self.json);
        }
        let list = client.gateways().await?;
        if self.json {
            return output::answer(&list);
        }
        table(&list.gateways, &Clocks::of(client).await?);
        Ok(())
    }

    async fn show(&self, client: &Client, id: &str) -> Result<(), Failure> {
        let found = client.gateway(id).await?;
        if self.json {
            return output::answer(&found);
        }
        let clocks = Clocks::of(client).await?;
        table(std::slice::from_ref(&found.gateway), &clocks);
        let turn = |event: &champollion_client::GatewayEvent| {
            [clocks.moment(event.at), output::quoted(&event.turn)]
        };
        output::table(["moment", "turn"], found.events.iter().map(turn));
        let row = |one: &ObjectOfGateway| {
            [one.dev_eui.clone(), output::quoted(&one.name), one.group.clone().unwrap_or_default()]
        };
        output::table(["only heard here", "name", "group"], found.objects.iter().map(row));
        Ok(())
    }
}

/// The state as people say it.
fn state(word: &str) -> String {
    match word {
        "rhythm-unknown" => "rhythm not known yet".to_owned(),
        other => output::quoted(other),
    }
}

/// Frames an hour, with two decimals where they are few: a gateway of one frame a day hears some.
fn frames(an_hour: f64) -> String {
    if an_hour < 10.0 { format!("{an_hour:.2}") } else { format!("{an_hour:.1}") }
}

fn table(gateways: &[Gateway], clocks: &Clocks) {
    let row = |gateway: &Gateway| {
        [
            output::quoted(&gateway.id),
            clocks.moment(gateway.last_heard_at),
            state(&gateway.state),
            frames(gateway.frames_an_hour),
            gateway.usual_gap_minutes.map(|gap| gap.to_string()).unwrap_or_default(),
            gateway.only_here.to_string(),
        ]
    };
    let header =
        ["gateway", "last heard", "state", "frames an hour", "usual gap (min)", "only heard here"];
    output::table(header, gateways.iter().map(row));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_that_hears_little_hears_some() {
        assert_eq!(
            [1.0 / 24.0, 9.99, 10.0, 2_500.04].map(frames),
            ["0.04", "9.99", "10.0", "2500.0"]
        );
        assert_eq!(["rhythm-unknown", "silent"].map(state), ["rhythm not known yet", "silent"]);
    }
}
