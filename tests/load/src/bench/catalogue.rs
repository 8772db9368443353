//! `cargo xtask bench catalogue`: the real server of a release with three thousand decoders. How long the first page of the
//! catalogue takes, how long a search does, and how many bytes each has.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use champollion_client::Role;

use super::percentile;
use crate::{
    client::{admin, create_token},
    server::{Server, Setup},
};

/// Decoders of the whole, and of a quick look.
const DECODERS: usize = 3_000;
const QUICK_DECODERS: usize = 300;

/// Makers that the decoders are of.
const MAKERS: usize = 300;

/// Packages that one command publishes.
const AT_ONCE: usize = 100;

/// Times that each page is asked for after its first one.
const TURNS: usize = 100;

/// The longest that the first page may take, and the most bytes that it may have.
const FIRST_MILLISECONDS: f64 = 300.0;
const FIRST_BYTES: usize = 200_000;

/// The decoders are not signed, each is tried by its own vectors alone, and requests are not bounded.
const SETTINGS: &str = "[publication]\nunsigned = true\nrandom-payloads = 0\n\
                        [requests]\nby-token-per-second = 0\nwithout-token-per-second = 0\n";

/// The pages that are measured: the first one, a search, and one that is narrowed.
const PAGES: [(&str, &str); 3] = [
    ("first", "/"),
    ("search", "/catalogue?q=model"),
    ("narrowed", "/catalogue?quantity=air.humidity&vendor=Maker%207"),
];

/// The time of an answer in its turn, and its bytes.
struct Asked {
    first: Duration,
    sorted: Vec<Duration>,
    bytes: usize,
}

/// Measures, and gives a line for each figure.
pub(super) fn measure(setup: &Setup, quick: bool) -> Result<Vec<String>> {
    let decoders = if quick { QUICK_DECODERS } else { DECODERS };
    let server = Server::start_with(setup, SETTINGS)?;
    publish(&server, setup, decoders)?;
    let mut figures = Vec::new();
    for (name, path) in PAGES {
        let Asked { first, sorted, bytes } = asked(&server, path)?;
        let first = first.as_secs_f64() * 1_000.0;
        ensure!(first < FIRST_MILLISECONDS, "{path} takes {first:.0} ms at the first time");
        ensure!(bytes < FIRST_BYTES, "{path} has {bytes} bytes");
        let name = format!("BENCH catalogue.{decoders}.{name}");
        figures.push(format!("{name}.cold {first:.2} ms"));
        figures.push(format!("{name}.p50 {:.2} ms", percentile(&sorted, 50)));
        figures.push(format!("{name}.p99 {:.2} ms", percentile(&sorted, 99)));
        figures.push(format!("{name}.bytes {bytes} B"));
    }
    Ok(figures)
}

/// Makes the packages of so many decoders, and publishes them.
fn publish(server: &Server, setup: &Setup, decoders: usize) -> Result<()> {
    let folder = setup.folder.join("decoders");
    let token = create_token(&admin(server)?, "publisher", Role::Publisher, None)?;
    let numbers: Vec<usize> = (0..decoders).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let packages = folder.join(format!("packages-{}", numbers[0]));
        for number in numbers {
            build(&setup.champollion, &sources(&folder, *number)?, &packages)?;
        }
        let files = fs::read_dir(&packages)?.map(|entry| Ok(entry?.path()));
        let files = files.collect::<Result<Vec<PathBuf>>>()?;
        ensure!(files.len() == numbers.len(), "{} packages were made", files.len());
        server.publish(&token, &files)?;
    }
    Ok(())
}

/// Lays out the sources of a decoder: a thermometer of a maker.
fn sources(folder: &Path, number: usize) -> Result<PathBuf> {
    let walk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../walk/1.0.0");
    let own = folder.join(format!("model-{number}"));
    fs::create_dir_all(&own)?;
    for file in ["codec.js", "vectors.json"] {
        fs::copy(walk.join(file), own.join(file))?;
    }
    let maker = number % MAKERS;
    let manifest = fs::read_to_string(walk.join("decoder.toml"))?
        .replace("acme/thermometer", &format!("maker-{maker}/model-{number}"))
        .replace("Acme Thermometer", &format!("Thermometer, model {number}"))
        .replace("vendor = \"Acme\"", &format!("vendor = \"Maker {maker}\""));
    fs::write(own.join("decoder.toml"), manifest)?;
    Ok(own)
}

fn build(champollion: &Path, sources: &Path, packages: &Path) -> Result<()> {
    let mut build = Command::new(champollion);
    build.arg("build").arg(sources).arg("--out").arg(packages);
    let output = build.stdin(Stdio::null()).output().context("the build cannot be started")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} is not built: {errors}", sources.display());
    Ok(())
}

fn asked(server: &Server, path: &str) -> Result<Asked> {
    let (first, bytes) = page(server, path)?;
    let mut sorted = Vec::with_capacity(TURNS);
    for _ in 0..TURNS {
        sorted.push(page(server, path)?.0);
    }
    sorted.sort_unstable();
    Ok(Asked { first, sorted, bytes })
}

/// Asks for a page as a browser does that takes no compression; gives the time until its end, and its bytes.
fn page(server: &Server, path: &str) -> Result<(Duration, usize)> {
    let host = server.address.trim_start_matches("http://");
    let began = Instant::now();
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let took = began.elapsed();
    ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{path} is not there");
    Ok((took, answer.len()))
}
