//! Figures of connectivity: a month of 100,000 objects, and what a frame on its way pays for being counted.

use std::{hint::black_box, sync::Arc};

use champollion_benches::figure;
use champollion_fleet::names::GroupId;
use champollion_frames::{DevEui, Reception};
use champollion_service::quality::{
    Books, Counting, Days, Heard, Member, MembersByDay, Period, Standing, Wanted, summed,
};
use champollion_store::{SledOptions, SledStore, Store};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use tokio::runtime::Runtime;

const OBJECTS: u64 = 100_000;

const DAYS: i32 = 30;

/// The first day of the month.
const FIRST: Date = jiff::civil::date(2026, 9, 1);

fn dev_eui(number: u64) -> DevEui {
    DevEui::from_be_bytes((0x70B3_D549_9A00_0000 + 7 * number).to_be_bytes())
}

fn members() -> Vec<Member> {
    let member = |number| Member {
        dev_eui: dev_eui(number),
        sub_group: format!("district-{}", number % 20).parse().ok(),
        use_case: "water-metering".parse().ok(),
        standing: Standing::InService,
        elsewhere: Vec::new(),
    };
    (0..OBJECTS).map(member).collect()
}

fn day(after: i32) -> Date {
    FIRST.saturating_add(after.days())
}

fn reception(number: u64) -> Reception {
    Reception {
        gateway_id: format!("0016C001FF10{:04X}", number % 200),
        rssi_dbm: Some(-100.0),
        snr_db: Some(3.5),
    }
}

fn hear(counting: &Counting, group: &GroupId, number: u64, at: Timestamp, best: &Reception) {
    let heard = Heard {
        at_ms: at.as_millisecond().try_into().unwrap_or_default(),
        missed: Some(u32::from(number.is_multiple_of(50))),
        redundancy: 2,
        best: Some(best),
        spreading_factor: Some(9),
    };
    counting.note(group, Some(number), dev_eui(number), &heard);
}

/// Fills a month: each object is heard on 19 of 20 days.
async fn fill(store: Arc<dyn Store>, group: &GroupId, members: &[Member]) -> Books {
    let days = Days::new(TimeZone::UTC);
    let counting = Arc::new(Counting::new(days.clone()));
    let books = Books::open(store, Arc::clone(&counting), days.begin(FIRST)).await;
    let books = books.unwrap_or_else(|error| panic!("{error}"));
    for after in 0..DAYS {
        let at = days.begin(day(after));
        for number in (0..OBJECTS)
            .filter(|number| !(number + u64::from(after.unsigned_abs())).is_multiple_of(20))
        {
            hear(&counting, group, number, at, &reception(number));
        }
        books.flush().await.unwrap_or_else(|error| panic!("{error}"));
        let then = async { Ok(MembersByDay::default()) };
        let closed = books.close(day(after), then, |_, _| members.to_vec()).await;
        drop(closed.unwrap_or_else(|error| panic!("{error}")));
    }
    books
}

fn figures(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap_or_else(|error| panic!("{error}"));
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let store = SledStore::open(&SledOptions::new(folder.path().join("store")));
    let store: Arc<dyn Store> = Arc::new(store.unwrap_or_else(|error| panic!("{error}")));
    let group: GroupId = "water".parse().unwrap_or_else(|error| panic!("{error}"));
    let members = members();
    let books = runtime.block_on(fill(Arc::clone(&store), &group, &members));
    let used = runtime.block_on(store.usage()).unwrap_or_else(|error| panic!("{error}")).used_bytes;
    figure(
        "quality.bytes of a device and day",
        used as f64 / (OBJECTS as f64 * f64::from(DAYS)),
        "B",
    );
    let wanted = Wanted { by: Period::Day, ..Wanted::default() };
    criterion.bench_function("figures of a month of 100,000 objects", |bencher| {
        bencher.iter(|| {
            let month = (FIRST, day(DAYS - 1));
            let days = runtime.block_on(books.figures(&group, month, |_| members.clone()));
            black_box(summed(&group, &days.unwrap_or_else(|error| panic!("{error}")), &wanted))
        });
    });
}

fn counting(criterion: &mut Criterion) {
    let counting = Counting::new(Days::new(TimeZone::UTC));
    let group: GroupId = "water".parse().unwrap_or_else(|error| panic!("{error}"));
    let (at, best) = (Timestamp::now(), reception(7));
    let mut number = 0;
    criterion.bench_function("a frame is counted on its way", |bencher| {
        bencher.iter(|| {
            // Devices come again, so that memory does not grow with the iterations.
            number = (number + 1) % OBJECTS;
            hear(&counting, &group, number, at, &best);
        });
    });
}

criterion_group! {
    name = quality;
    config = Criterion::default().sample_size(10);
    targets = figures, counting
}
criterion_main!(quality);
