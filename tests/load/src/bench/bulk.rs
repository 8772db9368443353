//! `cargo xtask bench bulk`: a file of a million payloads, decoded by `champollion decode --in` with a codec in JavaScript
//! and with a decoder in Rust, and by Node.js with the same codec.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use crate::{meters, say, server::Setup};

/// Payloads of the whole, and of a quick look.
const PAYLOADS: usize = 1_000_000;
const QUICK_PAYLOADS: usize = 100_000;

/// Devices that they are of.
const DEVICES: usize = 10_000;

/// The program that Node.js runs.
const PROGRAM: &str = "src/bench/bulk.js";

/// A codec of a thermometer, as makers write them.
const CODEC: &str = "../walk/1.0.0";

/// A decoder, and the payloads that it reads.
struct Decoding {
    decoder: PathBuf,
    payloads: PathBuf,
    readings: PathBuf,
    count: usize,
}

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let (name, count) = if quick { ("100k", QUICK_PAYLOADS) } else { ("1m", PAYLOADS) };
    fs::create_dir_all(&setup.folder)?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = |name: &str| setup.folder.join(name);
    let script = Decoding {
        decoder: here.join(CODEC),
        payloads: file("thermometers.csv"),
        readings: file("thermometers.ndjson"),
        count,
    };
    let rust = Decoding {
        decoder: meters::package(&setup.packages, meters::DECODER)?,
        payloads: file("meters.csv"),
        readings: file("meters.ndjson"),
        count,
    };
    say(format_args!("Writing {count} payloads of each"));
    write(&script, 2, |row| format!("{:04X}{:02X}", row % 500, row % 100))?;
    write(&rust, meters::F_PORT, |row| meters::telegram(row as u32))?;

    let name = format!("BENCH bulk.{name}");
    let mut lines = vec![
        format!("{name}.script {:.0} payloads/s", script.decoded(&setup.champollion)?),
        format!("{name}.rust {:.0} payloads/s", rust.decoded(&setup.champollion)?),
    ];
    match script.decoded_by_node(here)? {
        Some(rate) => lines.push(format!("{name}.node {rate:.0} payloads/s")),
        None => say("bulk.node is left out: there is no node"),
    }
    [script, rust].iter().try_for_each(Decoding::remove)?;
    Ok(lines)
}

/// Writes payloads as a table, of devices in turn.
fn write(decoding: &Decoding, f_port: u8, payload: impl Fn(usize) -> String) -> Result<()> {
    let mut table = BufWriter::new(File::create(&decoding.payloads)?);
    writeln!(table, "device,time,port,payload")?;
    for row in 0..decoding.count {
        let (device, payload) = (row % DEVICES, payload(row));
        writeln!(table, "device-{device},2026-02-03T04:05:06Z,{f_port},{payload}")?;
    }
    table.flush()?;
    Ok(())
}

impl Decoding {
    /// Has the command decode, and returns the payloads of a second.
    fn decoded(&self, champollion: &Path) -> Result<f64> {
        let mut command = Command::new(champollion);
        command.arg("decode").arg("--decoder").arg(&self.decoder);
        command.arg("--in").arg(&self.payloads).arg("--out").arg(&self.readings);
        self.timed(&mut command)
    }

    /// Has Node.js decode with the same codec; nothing where there is none.
    fn decoded_by_node(&self, here: &Path) -> Result<Option<f64>> {
        let is_there = Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok();
        if !is_there {
            return Ok(None);
        }
        let mut command = Command::new("node");
        command.arg(here.join(PROGRAM)).arg(self.decoder.join("codec.js"));
        command.arg(&self.payloads).arg(&self.readings);
        self.timed(&mut command).map(Some)
    }

    /// Runs a program that writes a line for each payload, and returns the payloads of a second.
    fn timed(&self, command: &mut Command) -> Result<f64> {
        let began = Instant::now();
        let output = command.stdin(Stdio::null()).output().context("it cannot be started")?;
        let took = began.elapsed();
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the payloads are not decoded: {errors}");
        let readings = fs::read(&self.readings)?;
        let lines = readings.iter().filter(|byte| **byte == b'\n').count();
        ensure!(lines == self.count, "{lines} of {} payloads have a reading", self.count);
        Ok(self.count as f64 / took.as_secs_f64())
    }

    /// Removes both files: they have hundreds of megabytes.
    fn remove(&self) -> Result<()> {
        fs::remove_file(&self.payloads)?;
        fs::remove_file(&self.readings)?;
        Ok(())
    }
}
