//! `champollion records`: records are pulled, followed and acknowledged.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use champollion_client::{Acknowledgement, Client, PulledRecord, RecordsQuery};
use champollion_delivery::{
    formats::{Format, Layout},
    names::{GroupId, RouteName},
    records::Cursor,
};
use clap::{Args, Subcommand};

use super::{
    Failure, connection::Connection, output, plural::counted, redecode::Redecode, verify::Verify,
};

/// After a stream was lost, so long is waited.
const RECONNECT: Duration = Duration::from_secs(1);

/// Pulls and acknowledges records.
#[derive(Args)]
pub(super) struct Records {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Group of the records, where the token is an admin's
    #[arg(long, global = true)]
    group: Option<GroupId>,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Print records; they stay until they are acknowledged
    Pull {
        /// Go on after this cursor
        #[arg(long)]
        after: Option<Cursor>,
        /// Most records of an answer
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Seconds to wait for a record where there is none
        #[arg(long, value_name = "SECONDS")]
        wait: Option<u64>,
        /// Print them as they come, and where to go on beside it: json, ndjson, csv-rows, csv-columns,
        /// xlsx-rows, xlsx-columns, parquet-rows, parquet-columns, senml
        #[arg(long)]
        format: Option<Format>,
        #[command(flatten)]
        table: Table,
        #[command(flatten)]
        which: Which,
    },
    /// Print records as they come, each as a line of JSON; they stay until they are acknowledged
    Follow {
        /// Begin after this cursor, and not with the oldest record
        #[arg(long)]
        after: Option<Cursor>,
        #[command(flatten)]
        which: Which,
    },
    /// Show the records that wait, and when they will be removed undelivered
    Retention,
    /// Decode what is still kept once more, by another version: corrected records, which name those that
    /// they replace
    Redecode(Redecode),
    /// Decode the records of a file again from their raw payloads, and say where one differs
    Verify(Verify),
    /// Remove records that were processed
    Ack {
        /// Cursor of the last record that was processed
        cursor: Cursor,
        /// Route that the records were fetched from
        #[arg(long)]
        route: Option<RouteName>,
    },
}

/// The choice of what is in a table.
#[derive(Args)]
struct Table {
    /// Layout of tables of CSV: international, french (semicolons, decimal commas, local time), or database
    /// (the same columns in each table)
    #[arg(long, requires = "format")]
    layout: Option<Layout>,
    /// Only these quantities of the vocabulary, as in water.volume; several are separated by commas
    #[arg(long, requires = "format")]
    quantities: Option<String>,
    /// Columns of these tags of devices; several are separated by commas
    #[arg(long, requires = "format")]
    tags: Option<String>,
    /// Details that a table has only where they are asked for: data, payload, digest, separated by commas
    #[arg(long, requires = "format")]
    details: Option<String>,
    /// Columns of your own instead of the usual ones, as in 'point;date;index=value * 1000'
    #[arg(long, requires = "format")]
    columns: Option<String>,
}

/// The choice of records.
#[derive(Args)]
struct Which {
    /// Only records of this route, whose destination is `pull`
    #[arg(long)]
    route: Option<RouteName>,
    /// Only records of these devices; several are separated by commas, as in what follows
    #[arg(long, value_name = "DEVEUI")]
    device: Option<String>,
    /// Only records of devices in these parts of the group
    #[arg(long)]
    sub_group: Option<String>,
    /// Only records of devices with these use cases
    #[arg(long)]
    use_case: Option<String>,
    /// Only records that these decoders made: vendor/model, or vendor/*
    #[arg(long)]
    decoder: Option<String>,
    /// Only frames of these ports
    #[arg(long)]
    port: Option<String>,
    /// Only records that are decoded, or only those that are not
    #[arg(long, value_name = "true|false")]
    decoded: Option<bool>,
    /// Only records of which this expression is true, as in tags.street == 'Rue X'
    #[arg(long)]
    expression: Option<String>,
    /// Shape of the records: raw, decoded or both
    #[arg(long, value_parser = ["raw", "decoded", "both"])]
    shape: Option<String>,
    /// Zone of local moments beside those in UTC, as in Europe/Paris
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
}

impl Records {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match &self.action {
            Action::Pull { after, limit, wait, format, table, which } => {
                let query = RecordsQuery {
                    limit: Some(*limit),
                    wait: *wait,
                    layout: table.layout.map(|layout| layout.to_string()),
                    quantities: table.quantities.clone(),
                    tags: table.tags.clone(),
                    details: table.details.clone(),
                    columns: table.columns.clone(),
                    ..self.query(*after, which)
                };
                match format {
                    Some(format) => print(&client, *format, &query).await,
                    None => self.pull(&client, &query).await,
                }
            }
            Action::Follow { after, which } => follow(&client, self.query(*after, which)).await,
            Action::Retention => self.retention(&client).await,
            Action::Ack { cursor, route } => {
                self.acknowledge(&client, *cursor, route.as_ref()).await
            }
            Action::Verify(verify) => verify.run(&client, self.json).await,
            Action::Redecode(redecode) => {
                redecode.run(&client, self.group.as_ref(), self.json).await
            }
        }
    }

    fn query(&self, after: Option<Cursor>, which: &Which) -> RecordsQuery {
        RecordsQuery {
            after: after.map(|cursor| cursor.to_string()),
            group: self.group.as_ref().map(ToString::to_string),
            route: which.route.as_ref().map(ToString::to_string),
            device: which.device.clone(),
            sub_group: which.sub_group.clone(),
            use_case: which.use_case.clone(),
            decoder: which.decoder.clone(),
            port: which.port.clone(),
            decoded: which.decoded,
            expression: which.expression.clone(),
            shape: which.shape.clone(),
            time_zone: which.time_zone.clone(),
            ..RecordsQuery::default()
        }
    }

    async fn pull(&self, client: &Client, query: &RecordsQuery) -> Result<(), Failure> {
        let page = client.pull_records(query).await?;
        if self.json {
            return output::answer(&page);
        }
        let rows = page.records.iter().map(|PulledRecord { cursor, record }| {
            let reading = match (&record.decoded, &record.decode_error) {
                (Some(decoded), _) => decoded.data.to_string(),
                (None, Some(error)) => format!("not decoded: {}", error.message),
                // The shape `raw` says nothing of what a decoder read.
                (None, None) => {
                    record.uplink.payload.as_ref().map(ToString::to_string).unwrap_or_default()
                }
            };
            let (dev_eui, f_cnt) = (record.device.dev_eui.to_string(), record.uplink.f_cnt);
            let received_at = output::moment(record.received_at);
            [cursor.clone(), received_at, dev_eui, f_cnt.to_string(), reading]
        });
        output::table(["cursor", "received at", "DevEUI", "FCnt", "data"], rows);
        output::line(format_args!("next: {}", page.next));
        Ok(())
    }

    async fn retention(&self, client: &Client) -> Result<(), Failure> {
        let retention = client.retention(self.group.as_ref().map(GroupId::as_str)).await?;
        if self.json {
            return output::answer(&retention);
        }
        let rows = retention.backlogs.iter().map(|backlog| {
            let older = backlog.older.iter();
            let older = older.map(|older| format!("{:?} h: {}", older.hours, older.records));
            [
                backlog.group.clone(),
                backlog.route.as_deref().unwrap_or("(inbox)").to_owned(),
                backlog.waiting.to_string(),
                older.collect::<Vec<_>>().join(", "),
                backlog.next_expiry.map(output::moment).unwrap_or_default(),
                backlog.expired.to_string(),
            ]
        });
        output::table(
            ["group", "route", "waiting", "older than", "next removal", "removed undelivered"],
            rows,
        );
        Ok(())
    }

    async fn acknowledge(
        &self,
        client: &Client,
        cursor: Cursor,
        route: Option<&RouteName>,
    ) -> Result<(), Failure> {
        let acknowledgement = Acknowledgement {
            cursor: cursor.to_string(),
            group: self.group.as_ref().map(ToString::to_string),
            route: route.map(ToString::to_string),
        };
        let answer = client.acknowledge_records(&acknowledgement).await?;
        if self.json {
            return output::answer(&answer);
        }
        output::line(format_args!("removed {}", counted(answer.removed, "record")));
        for holder in &answer.held_by {
            let (route, records) = (&holder.route, holder.records);
            output::note(format_args!("the route {route} still holds {records} of them"));
        }
        Ok(())
    }
}

/// Prints records in a format, byte by byte, and where to go on beside it.
async fn print(client: &Client, format: Format, query: &RecordsQuery) -> Result<(), Failure> {
    if format.is_binary() && io::stdout().is_terminal() {
        let reason = format!(
            "{format} is no text: write it into a file, as in `> records.{}`",
            format.extension()
        );
        return Err(Failure::new("the records cannot be printed", &reason));
    }
    let records = client.pull_records_as(&format.to_string(), query).await;
    let records = records.map_err(Failure::broken_off("the answer breaks off"))?;
    let mut out = io::stdout().lock();
    let written = out.write_all(&records.body).and_then(|()| out.flush());
    written.map_err(Failure::of("the records cannot be printed"))?;
    if let Some(next) = &records.next {
        output::note(format_args!("next: {}", output::quoted(next)));
    }
    Ok(())
}

/// Prints what comes. Where the connection is lost it is made again, after what was printed last.
async fn follow(client: &Client, mut query: RecordsQuery) -> Result<(), Failure> {
    loop {
        let mut records = client.follow_records(&query).await?;
        while let Ok(Some(event)) = records.next().await {
            output::json_line(&event.record);
            query.after = Some(event.cursor);
        }
        tokio::time::sleep(RECONNECT).await;
    }
}
