//! Plays the recorded fleet through a real server and shows what comes out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use champollion_client::{
    Answer, Blocking, ClientError, Decoded, Measurement, Page, Receipt, Record, RecordsQuery, Role,
};
use champollion_frames::DevEui;
use champollion_sdk::{difference::difference, vectors::Setting};
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use crate::{
    client::{self, admin, create_token},
    fleet::{Expectation, Fleet, Frame},
    nodes::{self, Beside},
    people, say,
    server::{Server, Setup},
};

/// Number of wrong frames that are shown one by one.
const SHOWN_FAULTS: usize = 10;

/// Number of measurements of a reading that the table shows.
const SHOWN_MEASUREMENTS: usize = 4;

/// The person who looks at the pages of a partner.
const OWNER: &str = "ada@city.example";

/// Most records of one answer.
const PAGE: usize = 1_000;

/// The tally of all frames.
#[derive(Default)]
struct Tally {
    /// Whether several nodes are asked in turn.
    has_nodes: bool,
    /// Refused as they should be, by reason.
    refused: BTreeMap<String, usize>,
    /// Accepted, by device and counter, with the vector that says what must come out.
    accepted: BTreeMap<(DevEui, u32), String>,
    /// The faults that were found, a sentence each.
    faults: Vec<String>,
}

/// The records that the partners pulled.
#[derive(Default)]
struct Pulled {
    seen: BTreeSet<(DevEui, u32)>,
    right: usize,
    /// The latest record of each device that has measurements.
    latest: BTreeMap<DevEui, Record>,
}

/// Runs the demo, on one server or on several nodes; with `once` ends after it, otherwise leaves the server up.
pub(crate) fn demo(setup: &Setup, once: bool, nodes: usize) -> Result<()> {
    let fleet = Fleet::read()?;
    let (mut server, beside) = nodes::start(setup, nodes)?;
    let admin = admin(&server)?;
    say(format_args!(
        "\nThe server listens on {}, its log is {}",
        server.address,
        server.log.display()
    ));

    publish(&server, &setup.packages, &admin)?;
    let groups = register(&fleet, &admin)?;
    let token = create_token(&admin, "network server", Role::Lns, None)?;
    let others = beside.iter().flat_map(Beside::addresses);
    let addresses = std::iter::once(server.address.as_str()).chain(others);
    let lns = addresses.map(|address| client::at(address, &token)).collect::<Result<Vec<_>>>()?;
    let mut tally = play(&fleet.frames, &lns)?;

    let mut pulled = Pulled::default();
    for group in &groups {
        let token = create_token(&admin, group, Role::Partner, Some(group))?;
        let partner = client::at(&server.address, &token)?;
        pull(&partner, &fleet, &mut tally, &mut pulled)?;
    }
    let lost = tally.accepted.keys().filter(|frame| !pulled.seen.contains(frame)).count();
    show(&pulled, &tally, &admin, &server.address)?;

    if !once {
        leave_up((&mut server, &admin), &setup.folder, &groups)?;
    }
    let refused: usize = tally.refused.values().sum();
    say(format_args!(
        "demo: {} frames in, {} decoded, {refused} refused, {lost} lost",
        fleet.frames.len(),
        pulled.right
    ));
    ensure!(
        tally.faults.is_empty() && lost == 0 && pulled.right + refused == fleet.frames.len(),
        "not every frame came out right"
    );
    Ok(())
}

/// Fills a server with the recorded fleet and its frames, and returns one of the fleet's groups.
pub(crate) fn fill(
    server: &Server,
    (fleet, packages): (&Fleet, &Path),
    admin: &Blocking,
) -> Result<String> {
    publish(server, packages, admin)?;
    let groups = register(fleet, admin)?;
    let token = create_token(admin, "network server", Role::Lns, None)?;
    play(&fleet.frames, &[client::at(&server.address, &token)?])?;
    groups.into_iter().next().context("the fleet has no group")
}

fn publish(server: &Server, packages: &Path, admin: &Blocking) -> Result<()> {
    let mut files: Vec<_> =
        fs::read_dir(packages)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    server.publish(&create_token(admin, "demo publisher", Role::Publisher, None)?, &files)
}

fn register(fleet: &Fleet, admin: &Blocking) -> Result<BTreeSet<String>> {
    let mut groups = BTreeSet::new();
    for device in &fleet.devices {
        let (dev_eui, registration) = (device.dev_eui, &device.registration);
        admin.ask(|server| server.register_device(dev_eui, registration))?;
        groups.insert(registration.group.clone());
    }
    say(format_args!("registered {} devices of {} partners", fleet.devices.len(), groups.len()));
    Ok(groups)
}

/// Hands the frames over one after another, by each network server in turn.
fn play(frames: &[Frame], lns: &[Blocking]) -> Result<Tally> {
    let mut tally = Tally { has_nodes: lns.len() > 1, ..Tally::default() };
    let bar = ProgressBar::new(frames.len() as u64)
        .with_style(ProgressStyle::with_template("frames {bar:40} {pos}/{len} {per_sec}")?);
    for (index, frame) in frames.iter().enumerate() {
        let answer = lns[index % lns.len()].ask(|server| server.ingest_phy(&frame.ingest));
        tally.count(index, &frame.expect, answer)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(tally)
}

impl Tally {
    fn count(
        &mut self,
        index: usize,
        expected: &Expectation,
        answer: Result<Answer<Receipt>, ClientError>,
    ) -> Result<()> {
        let became = match answer {
            Ok(receipt) => receipt.status().to_owned(),
            Err(ClientError::Refused(problem)) => problem.code,
            Err(error) => return Err(error.into()),
        };
        match expected {
            Expectation::Decoded { dev_eui, f_cnt, vector } if became == "accepted" => {
                self.accepted.insert((*dev_eui, *f_cnt), vector.clone());
            }
            Expectation::Refused(reason)
                if became == *reason || self.may_have_been_taken(reason, &became) =>
            {
                *self.refused.entry(became).or_default() += 1;
            }
            Expectation::Decoded { .. } => {
                self.faults.push(format!("frame {index}: {became}, and it should be decoded"));
            }
            Expectation::Refused(reason) => {
                self.faults.push(format!("frame {index}: {became}, and it should be {reason}"));
            }
        }
        Ok(())
    }

    /// Whether a frame that is played again was answered by a node that took it, and has not heard of the later frames of
    /// its device: to that node it is one that was taken before.
    fn may_have_been_taken(&self, reason: &str, became: &str) -> bool {
        self.has_nodes && (reason, became) == ("replayed-f-cnt", "duplicate")
    }
}

/// Pulls all records of a partner and compares each with what its vector expects.
fn pull(partner: &Blocking, fleet: &Fleet, tally: &mut Tally, pulled: &mut Pulled) -> Result<()> {
    let mut query =
        RecordsQuery { after: Some("0".to_owned()), limit: Some(PAGE), ..RecordsQuery::default() };
    loop {
        let answer = partner.ask(|server| server.pull_records(&query))?;
        // Vectors expect what the server wrote, letter by letter.
        let written: Json = answer.read_as()?;
        let Page { records, next, more } = answer.into_value();
        for (number, entry) in records.into_iter().enumerate() {
            let decoded = &written["records"][number]["record"]["decoded"];
            check(entry.record, decoded, fleet, tally, pulled);
        }
        if !more {
            return Ok(());
        }
        query.after = Some(next);
    }
}

/// The reading that a record was made of, without what the record adds to it.
fn bare(decoded: &Json) -> Json {
    let mut reading = decoded.clone();
    if let Some(members) = reading.as_object_mut() {
        members.remove("deviceClock");
    }
    let measurements = reading.get_mut("measurements").and_then(Json::as_array_mut);
    for measured in measurements.into_iter().flatten().filter_map(Json::as_object_mut) {
        for added in ["id", "kind", "current"] {
            measured.remove(added);
        }
    }
    reading
}

fn check(record: Record, decoded: &Json, fleet: &Fleet, tally: &mut Tally, pulled: &mut Pulled) {
    let (dev_eui, f_cnt) = (record.device.dev_eui, record.uplink.f_cnt);
    let Some(vector) = tally.accepted.get(&(dev_eui, f_cnt)) else {
        tally.faults.push(format!("a record of {dev_eui}, FCnt {f_cnt}, that nobody sent"));
        return;
    };
    if !pulled.seen.insert((dev_eui, f_cnt)) {
        tally.faults.push(format!("a second record of {dev_eui}, FCnt {f_cnt}"));
        return;
    }
    let actual = json!({ "reading": bare(decoded) });
    match fleet.vectors.get(vector).map(|vector| difference(&vector.expect, &actual)) {
        Some(None) => pulled.right += 1,
        Some(Some(difference)) => {
            tally.faults.push(format!("{dev_eui}, FCnt {f_cnt}, {vector}: {difference}"));
        }
        None => {
            tally.faults.push(format!("the recording names a vector that is no more: {vector}"))
        }
    }
    if record.decoded.as_ref().is_some_and(|decoded| !decoded.measurements.is_empty()) {
        pulled.latest.insert(dev_eui, record);
    }
}

fn show(pulled: &Pulled, tally: &Tally, admin: &Blocking, address: &str) -> Result<()> {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["device", "FCnt", "RSSI, SNR, SF", "payload", "reading", "decoder"]);
    for record in pulled.latest.values() {
        let Record { device, uplink, radio, decoder, decoded, .. } = record;
        let payload = uplink.payload.as_ref().map(ToString::to_string).unwrap_or_default();
        let payload: String = payload.chars().take(24).collect();
        let decoder = decoder.as_ref();
        table.add_row([
            device.name.clone(),
            uplink.f_cnt.to_string(),
            format!(
                "{}, {}, {}",
                shown(radio.rssi_dbm),
                shown(radio.snr_db),
                shown(radio.metadata.spreading_factor)
            ),
            format!("{payload}…"),
            decoded.as_ref().map(reading).unwrap_or_default(),
            decoder.map(|run| format!("{} {}", run.id, run.version)).unwrap_or_default(),
        ]);
    }
    say(format_args!("\nThe latest reading of each device, as its partner pulled it:\n{table}\n"));

    let mut refusals = Table::new();
    refusals.load_style(UTF8_HORIZONTAL_ONLY).set_header(["refused because", "frames"]);
    for (reason, count) in &tally.refused {
        refusals.add_row([reason.clone(), count.to_string()]);
    }
    say(format_args!("{refusals}\n"));
    for fault in tally.faults.iter().take(SHOWN_FAULTS) {
        say(format_args!("WRONG {fault}"));
    }

    let catalogue = admin.ask(|server| server.catalogue())?;
    let names: Vec<&str> = catalogue.decoders.iter().map(|decoder| decoder.name.as_str()).collect();
    say(format_args!("The catalogue at {address}/v1/catalogue lists {}", names.join(", ")));
    Ok(())
}

/// The first measurements that are not alarms, and the alarms that are raised.
fn reading(decoded: &Decoded) -> String {
    let mut shown = Vec::new();
    let mut values = 0;
    for Measurement { quantity, unit, value, .. } in &decoded.measurements {
        let is_alarm = quantity.starts_with("alarm.");
        if is_alarm && *value == Setting::Boolean(true) {
            shown.push(format!("{quantity}!"));
        } else if !is_alarm && values < SHOWN_MEASUREMENTS {
            values += 1;
            shown.push(format!("{quantity} {} {unit}", json!(value)));
        }
    }
    shown.join("\n")
}

/// A value, or a dash in its place.
fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Leaves the server up for people to look at.
fn leave_up(
    (server, admin): (&mut Server, &Blocking),
    folder: &Path,
    groups: &BTreeSet<String>,
) -> Result<()> {
    let group = groups.first().context("the fleet has no group")?;
    let grant = ("owner", format!("group:{group}"));
    let link = people::add((server, admin), OWNER, (grant.0, &grant.1))?;
    let token = folder.join("admin.token");
    say(format_args!(
        "\nThe server stays up until you press Ctrl-C. Open in a browser:\n  \
         {address}/catalogue, the catalogue\n  \
         {link}\n    to choose a password for {OWNER}, and then\n  \
         {address}/partner, the pages of the partner {group}\nOr try:\n  \
         curl {address}/v1/catalogue\n  \
         curl -H \"Authorization: Bearer $(cat {token})\" '{address}/v1/records?group={group}&limit=2'\n",
        address = server.address,
        token = token.display(),
    ));
    server.wait()
}
