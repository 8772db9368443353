//! More frames than can be decoded: the network server is told to come again, and nothing is lost.

use std::{
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{MISCHIEF, Mischief, Sensor, Setup, mischief};

/// Enough for a call that loops to take some tenths of a second, also without optimization.
const FUEL: &str = "400000000";

const SENSORS: u8 = 8;

/// A call takes less than a second, so in this time all have had their turn many times.
const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn a_full_queue_is_told_to_the_network_server() {
    let server = Setup::default()
        .variable("CHAMPOLLION_SANDBOX__FUEL", FUEL)
        .variable("CHAMPOLLION_DECODING__WORKERS", "1")
        .variable("CHAMPOLLION_DECODING__QUEUE", "1")
        .variable("CHAMPOLLION_QUARANTINE__FAILURES", "0")
        .start();
    server.publish(&mischief());
    let sensors: Vec<Sensor> = (1..=SENSORS).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "water", Some(MISCHIEF));
    }
    let turned_away: usize = thread::scope(|scope| {
        let clients: Vec<_> = sensors
            .iter()
            .map(|sensor| {
                let (lns, server) = (server.lns(), &server);
                scope.spawn(move || {
                    let started = Instant::now();
                    let frame = sensor.frame(1, 1, &[Mischief::Loop as u8]);
                    let mut times = 0;
                    loop {
                        let answer = lns.ingest(&frame);
                        if answer.status != 429 {
                            assert_eq!(answer.success()["decodeError"]["code"], "out-of-fuel");
                            return times;
                        }
                        answer.problem(429, "busy");
                        assert_eq!(answer.header("retry-after"), "1");
                        assert!(started.elapsed() < PATIENCE, "it never had its turn");
                        // Whoever is turned away need not wait for those that are being served.
                        server.anybody().get("/healthz");
                        times += 1;
                        thread::sleep(Duration::from_millis(200));
                    }
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("a client")).sum()
    });
    assert!(turned_away > 0, "eight frames at once were taken by one worker and a queue of one");
    assert_eq!(
        server.partner("water").pull_all().len(),
        usize::from(SENSORS),
        "each has its record"
    );
    let metrics = server.admin().get("/metrics").text;
    let counted = format!("champollion_decode_queue_full_total {turned_away}");
    assert!(metrics.contains(&counted), "{counted} is not in\n{metrics}");
}
