//! The cost of the bounds of requests: frames that are handed over within all of them and without any, in turn and into
//! the same store, and the time of each bound alone.

mod rig;
mod traffic;

use std::{
    hint::black_box,
    iter,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::OnceLock,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, StatusCode, header::AUTHORIZATION},
};
use champollion_benches::figure;
use champollion_server::{
    api::apart::{Bound, PATH, alone, doors},
    connections::ClientAddress,
    measured,
};
use criterion::{Criterion, criterion_group, criterion_main};
use metrics_exporter_prometheus::PrometheusHandle;
use rustix::fs::statvfs;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower_service::Service as _;

use rig::{Meter, Rig};
use traffic::{Connection, Traffic};

/// Connections that are busy at once, and the meters of each. Every meter sends a frame in a round.
const CONNECTIONS: usize = 64;
const METERS_OF_CONNECTION: usize = 8;
const METERS: usize = CONNECTIONS * METERS_OF_CONNECTION;

/// The stores that frames go into, each with the folder below which it lies: a disk, and memory, where nothing is waited
/// for.
const STORES: [(&str, &str); 2] = [("disk", env!("CARGO_TARGET_TMPDIR")), ("memory", "/dev/shm")];

/// Bytes that must be free below such a folder: records of all rounds stay until the end.
const ROOM: u64 = 1 << 30;

/// The same meters before both doors of one server.
struct Pair {
    within: Traffic,
    without: Traffic,
    meters: Vec<Meter>,
    _rig: Rig,
}

/// The times of a round: the same number of frames by each door.
struct Round {
    within: Duration,
    without: Duration,
}

impl Pair {
    async fn open(place: &Path) -> Self {
        let rig = rig_below(place).await;
        let meters = rig.register(METERS as u32).await;
        let within = rig.serve_within(measured::whole(rig.service.clone())).await;
        let without = rig.serve_without(doors(rig.service.clone())).await;
        let within = Traffic::open(CONNECTIONS, within, &rig.token).await;
        let without = Traffic::open(CONNECTIONS, without, &rig.token).await;
        Self { within, without, meters, _rig: rig }
    }

    /// Hands over by both doors; the one is the first as often as the other.
    async fn round(&mut self, is_within_first: bool) -> Round {
        let (first, second) = (self.frames(), self.frames());
        if is_within_first {
            let within = self.within.hand_over(first).await;
            Round { within, without: self.without.hand_over(second).await }
        } else {
            let without = self.without.hand_over(first).await;
            Round { without, within: self.within.hand_over(second).await }
        }
    }

    /// The next frame of each meter, by connection.
    fn frames(&mut self) -> Vec<Vec<String>> {
        let meters = self.meters.chunks_mut(METERS_OF_CONNECTION);
        meters.map(|meters| meters.iter_mut().map(Meter::frame).collect()).collect()
    }
}

fn pairs(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the system has threads");
    for (name, place) in STORES.map(|(name, place)| (name, Path::new(place))) {
        if free_bytes(place) < ROOM {
            say(&format!("bounds.{name} is left out: there is no room in {}", place.display()));
            continue;
        }
        let (mut pair, mut rounds) = (None, Vec::new());
        // A round is as many frames within as without; what is told of them are the figures below.
        criterion.bench_function(&format!("bounds.{name}.round"), |bencher| {
            bencher.iter_custom(|count| {
                let pair = pair.get_or_insert_with(|| runtime.block_on(Pair::open(place)));
                let done =
                    (0..count).map(|number| runtime.block_on(pair.round(number.is_multiple_of(2))));
                let done: Vec<Round> = done.collect();
                let took = done.iter().map(|round| round.within + round.without).sum();
                rounds.extend(done);
                took
            });
        });
        tell(name, &rounds);
    }
}

/// Tells the medians of the rounds, and the median share of the time that the bounds take.
fn tell(name: &str, rounds: &[Round]) {
    // None where another benchmark was asked for.
    if rounds.is_empty() {
        return;
    }
    let of_frame = |took: Duration| took.as_secs_f64() * 1e6 / METERS as f64;
    let within = median(rounds.iter().map(|round| of_frame(round.within)));
    let without = median(rounds.iter().map(|round| of_frame(round.without)));
    let share = |round: &Round| 1.0 - round.without.as_secs_f64() / round.within.as_secs_f64();
    let share = 100.0 * median(rounds.iter().map(share));
    figure(&format!("bounds.{name}.within"), format!("{within:.1}"), "us a frame");
    figure(&format!("bounds.{name}.without"), format!("{without:.1}"), "us a frame");
    figure(&format!("bounds.{name}.share"), format!("{share:.1}"), "% of a frame's time");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Each bound around a handler that reads the body and does nothing.
fn each(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the system has threads");
    let mut rig = None;
    let open = || runtime.block_on(rig_below(Path::new(STORES[0].1)));
    for bound in iter::once(None).chain(Bound::ALL.map(Some)) {
        let name = bound.map_or("nothing", Bound::name);
        criterion.bench_function(&format!("bounds.alone.{name}"), |bencher| {
            let rig = rig.get_or_insert_with(open);
            let mut router = alone(&rig.service, bound);
            let token = bound.is_none_or(Bound::has_token).then(|| format!("Bearer {}", rig.token));
            bencher.iter_custom(|count| runtime.block_on(answered(&mut router, &token, count)));
        });
    }
    criterion.bench_function("bounds.alone.room-on-the-disk", |bencher| {
        let rig = rig.get_or_insert_with(open);
        bencher.iter(|| black_box(rig.service.storage.full()));
    });
}

/// Has a router answer so many requests, one after another, and returns the time that it took.
async fn answered(router: &mut Router, token: &Option<String>, count: u64) -> Duration {
    let body = Bytes::from_static(&[b'0'; 400]);
    let began = Instant::now();
    for _ in 0..count {
        let answer = router.call(request(body.clone(), token.as_deref())).await;
        let Ok(answer) = answer;
        assert_eq!(answer.status(), StatusCode::OK, "a bound refuses the request");
        black_box(answer);
    }
    began.elapsed()
}

/// A request as a connection hands it on.
fn request(body: Bytes, token: Option<&str>) -> Request<Body> {
    let address = ClientAddress { address: IpAddr::V4(Ipv4Addr::LOCALHOST), named_by_proxy: false };
    let request = Request::post(PATH).extension(address);
    let request =
        token.into_iter().fold(request, |request, token| request.header(AUTHORIZATION, token));
    request.body(Body::from(body)).expect("it is a request")
}

/// A connection within its bounds, which has places and times, and one without, to a handler that does nothing.
fn connections(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("the system has threads");
    let mut rig = None;
    let open = || runtime.block_on(rig_below(Path::new(STORES[0].1)));
    for name in ["within", "without"] {
        criterion.bench_function(&format!("bounds.connection.{name}"), |bencher| {
            let rig = rig.get_or_insert_with(open);
            let mut connection = runtime.block_on(connected(rig, name == "within"));
            bencher
                .iter(|| runtime.block_on(async { black_box(connection.ask("{}").await.len()) }));
        });
    }
}

async fn connected(rig: &Rig, is_within: bool) -> Connection {
    let nothing = alone(&rig.service, None);
    let address: SocketAddr = match is_within {
        true => rig.serve_within(nothing).await,
        false => rig.serve_without(nothing).await,
    };
    Connection::open(address, &rig.token).await
}

/// The bytes that are free on the disk of a folder; none where there is no such folder.
fn free_bytes(folder: &Path) -> u64 {
    statvfs(folder).map_or(0, |disk| disk.f_bavail * disk.f_frsize)
}

/// Opens a server in a folder of its own below another one.
async fn rig_below(place: &Path) -> Rig {
    let folder = TempDir::new_in(place).expect("there is room for a folder");
    Rig::open(folder, metrics()).await
}

/// The metrics of the process, which count from the first time on.
fn metrics() -> PrometheusHandle {
    static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();
    METRICS.get_or_init(|| measured::metrics().expect("nothing else counts")).clone()
}

#[expect(clippy::print_stdout, reason = "this is a program")]
fn say(line: &str) {
    println!("{line}");
}

criterion_group! {
    name = bounds;
    config = Criterion::default().sample_size(20);
    targets = pairs, each, connections
}
criterion_main!(bounds);
