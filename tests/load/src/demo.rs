//! Plays the recorded fleet through a real server and shows what comes out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, ensure};
use champollion_sdk::difference::difference;
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use crate::{
    client::{Answer, Client, text},
    fleet::{Expectation, Fleet, Frame},
    say,
    server::{Server, Setup},
};

/// Number of wrong frames that are shown one by one.
const SHOWN_FAULTS: usize = 10;

/// Number of measurements of a reading that the table shows.
const SHOWN_MEASUREMENTS: usize = 4;

/// Most records of one answer.
const PAGE: usize = 1_000;

/// The tally of all frames.
#[derive(Default)]
struct Tally {
    /// Refused as they should be, by reason.
    refused: BTreeMap<String, usize>,
    /// Accepted, by device and counter, with the vector that says what must come out.
    accepted: BTreeMap<(String, u32), String>,
    /// The faults that were found, a sentence each.
    faults: Vec<String>,
}

/// The records that the partners pulled.
#[derive(Default)]
struct Pulled {
    seen: BTreeSet<(String, u32)>,
    right: usize,
    /// The latest record of each device that has measurements.
    latest: BTreeMap<String, Json>,
}

/// Runs the demo; with `once` ends after it, otherwise leaves the server up.
pub(crate) fn demo(setup: &Setup, once: bool) -> Result<()> {
    let fleet = Fleet::read()?;
    let mut server = Server::start(setup)?;
    let admin = Client::new(&server.address, &server.admin_token);
    say(format_args!(
        "\nThe server listens on {}, its log is {}",
        server.address,
        server.log.display()
    ));

    publish(&server, &setup.packages, &admin)?;
    let groups = register(&fleet, &admin)?;
    let lns = admin.with_token(&admin.create_token("network server", "lns", None)?);
    let mut tally = play(&fleet.frames, &lns)?;

    let mut pulled = Pulled::default();
    for group in &groups {
        let partner = admin.with_token(&admin.create_token(group, "partner", Some(group))?);
        pull(&partner, &fleet, &mut tally, &mut pulled)?;
    }
    let lost = tally.accepted.keys().filter(|frame| !pulled.seen.contains(frame)).count();
    show(&pulled, &tally, &admin)?;

    if !once {
        leave_up(&mut server, &setup.folder, &groups, &admin)?;
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

fn publish(server: &Server, packages: &Path, admin: &Client) -> Result<()> {
    let mut files: Vec<_> =
        fs::read_dir(packages)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    server.publish(&admin.create_token("demo publisher", "publisher", None)?, &files)
}

fn register(fleet: &Fleet, admin: &Client) -> Result<BTreeSet<String>> {
    let mut groups = BTreeSet::new();
    for device in &fleet.devices {
        admin.put(&format!("/v1/devices/{}", device.dev_eui), &device.registration)?.success()?;
        groups.insert(text(&device.registration["group"]));
    }
    say(format_args!("registered {} devices of {} partners", fleet.devices.len(), groups.len()));
    Ok(groups)
}

fn play(frames: &[Frame], lns: &Client) -> Result<Tally> {
    let mut tally = Tally::default();
    let bar = ProgressBar::new(frames.len() as u64)
        .with_style(ProgressStyle::with_template("frames {bar:40} {pos}/{len} {per_sec}")?);
    for (index, frame) in frames.iter().enumerate() {
        let answer = lns.post("/v1/ingest/phy", &frame.ingest)?;
        tally.count(index, &frame.expect, &answer);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(tally)
}

impl Tally {
    fn count(&mut self, index: usize, expected: &Expectation, answer: &Answer) {
        let became = match (answer.status, text(&answer.body["status"]).as_str()) {
            (200, "accepted") => "accepted".to_owned(),
            (200, status) => status.to_owned(),
            _ => text(&answer.body["code"]),
        };
        match expected {
            Expectation::Decoded { dev_eui, f_cnt, vector } if became == "accepted" => {
                self.accepted.insert((dev_eui.clone(), *f_cnt), vector.clone());
            }
            Expectation::Refused(reason) if became == *reason => {
                *self.refused.entry(became).or_default() += 1;
            }
            Expectation::Decoded { .. } => {
                self.faults.push(format!("frame {index}: {became}, and it should be decoded"));
            }
            Expectation::Refused(reason) => {
                self.faults.push(format!("frame {index}: {became}, and it should be {reason}"));
            }
        }
    }
}

/// Pulls all records of a partner and compares each with what its vector expects.
fn pull(partner: &Client, fleet: &Fleet, tally: &mut Tally, pulled: &mut Pulled) -> Result<()> {
    let mut after = "0".to_owned();
    loop {
        let page = partner.get(&format!("/v1/records?after={after}&limit={PAGE}"))?.success()?;
        for entry in page["records"].as_array().context("the answer has no records")? {
            check(&entry["record"], fleet, tally, pulled);
        }
        after = text(&page["next"]);
        if page["more"] != Json::Bool(true) {
            return Ok(());
        }
    }
}

fn check(record: &Json, fleet: &Fleet, tally: &mut Tally, pulled: &mut Pulled) {
    let dev_eui = text(&record["device"]["devEui"]);
    let f_cnt = record["uplink"]["fCnt"].as_u64().and_then(|count| u32::try_from(count).ok());
    let name = (dev_eui.clone(), f_cnt.unwrap_or_default());
    let Some(vector) = tally.accepted.get(&name) else {
        tally.faults.push(format!("a record of {dev_eui}, FCnt {}, that nobody sent", name.1));
        return;
    };
    if !pulled.seen.insert(name.clone()) {
        tally.faults.push(format!("a second record of {dev_eui}, FCnt {}", name.1));
        return;
    }
    let actual = json!({ "reading": record["decoded"] });
    match fleet.vectors.get(vector).map(|vector| difference(&vector.expect, &actual)) {
        Some(None) => pulled.right += 1,
        Some(Some(difference)) => {
            tally.faults.push(format!("{dev_eui}, FCnt {}, {vector}: {difference}", name.1));
        }
        None => {
            tally.faults.push(format!("the recording names a vector that is no more: {vector}"))
        }
    }
    if record["decoded"]["measurements"].as_array().is_some_and(|list| !list.is_empty()) {
        pulled.latest.insert(dev_eui, record.clone());
    }
}

fn show(pulled: &Pulled, tally: &Tally, admin: &Client) -> Result<()> {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["device", "FCnt", "RSSI, SNR, SF", "payload", "reading", "decoder"]);
    for record in pulled.latest.values() {
        let radio = &record["radio"];
        let payload: String = text(&record["uplink"]["payload"]).chars().take(24).collect();
        table.add_row([
            text(&record["device"]["name"]),
            record["uplink"]["fCnt"].to_string(),
            format!("{}, {}, {}", radio["rssiDbm"], radio["snrDb"], radio["spreadingFactor"]),
            format!("{payload}…"),
            reading(&record["decoded"]),
            format!("{} {}", text(&record["decoder"]["id"]), text(&record["decoder"]["version"])),
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

    let catalogue = admin.get("/v1/catalogue")?.success()?;
    let decoders = catalogue["decoders"].as_array().context("the catalogue has no decoders")?;
    let names: Vec<String> = decoders.iter().map(|decoder| text(&decoder["name"])).collect();
    say(format_args!("The catalogue at {}/v1/catalogue lists {}", admin.address, names.join(", ")));
    Ok(())
}

/// The first measurements that are not alarms, and the alarms that are raised.
fn reading(decoded: &Json) -> String {
    let mut shown = Vec::new();
    let mut values = 0;
    for measurement in decoded["measurements"].as_array().into_iter().flatten() {
        let quantity = text(&measurement["quantity"]);
        let is_alarm = quantity.starts_with("alarm.");
        if is_alarm && measurement["value"] == Json::Bool(true) {
            shown.push(format!("{quantity}!"));
        } else if !is_alarm && values < SHOWN_MEASUREMENTS {
            values += 1;
            let unit = text(&measurement["unit"]);
            shown.push(format!("{quantity} {} {unit}", measurement["value"]));
        }
    }
    shown.join("\n")
}

/// Leaves the server up for people to look at.
fn leave_up(
    server: &mut Server,
    folder: &Path,
    groups: &BTreeSet<String>,
    admin: &Client,
) -> Result<()> {
    let group = groups.first().context("the fleet has no group")?;
    let token = folder.join("admin.token");
    say(format_args!(
        "\nThe server stays up until you press Ctrl-C. Try:\n  \
         curl {address}/v1/catalogue\n  \
         curl -H \"Authorization: Bearer $(cat {token})\" '{address}/v1/records?group={group}&limit=2'\n",
        address = admin.address,
        token = token.display(),
    ));
    server.wait()
}
