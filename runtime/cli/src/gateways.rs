//! `champollion gateways`: when each gateway was last heard, and what fails if it fails.

use champollion_client::{Client, Gateway, ObjectOfGateway};
use clap::Args;

use super::{Failure, clocks::Clocks, connection::Connection, output, table_file::TableFile};

/// Shows gateways: when each was last heard, and which objects it alone hears.
#[derive(Args)]
pub(super) struct Gateways {
    #[command(flatten)]
    connection: Connection,
    /// Gateway to show with the objects that it alone hears; all where it is left out
    gateway: Option<String>,
    /// File to write the list to: .csv or .xlsx
    #[arg(long, value_name = "FILE", conflicts_with = "gateway")]
    out: Option<TableFile>,
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
        if let Some(file) = &self.out {
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

fn table(gateways: &[Gateway], clocks: &Clocks) {
    let row = |gateway: &Gateway| {
        [
            output::quoted(&gateway.id),
            clocks.moment(gateway.last_heard_at),
            if gateway.silent_since.is_some() { "silent" } else { "heard" }.to_owned(),
            format!("{:.1}", gateway.frames_an_hour),
            gateway.usual_gap_minutes.map(|gap| gap.to_string()).unwrap_or_default(),
            gateway.only_here.to_string(),
        ]
    };
    let header =
        ["gateway", "last heard", "state", "frames an hour", "usual gap (min)", "only heard here"];
    output::table(header, gateways.iter().map(row));
}
