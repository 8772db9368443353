//! Pages are bounded in records, in bytes and in time, and nothing is left out between two of them.

use std::time::Instant;

use champollion_delivery::{
    mailbox::{Page, PageBounds},
    records::Cursor,
    routes::{Filter, Presentation, Search},
};
use serde_json::json;

use crate::support::{Home, cursor, f_cnts, group, moment};

fn filter(filter: &serde_json::Value) -> Filter {
    serde_json::from_value(filter.clone()).unwrap()
}

fn length(page: &Page) -> usize {
    page.records.iter().map(|pulled| pulled.record.get().len()).sum()
}

#[tokio::test]
async fn a_page_of_an_inbox_is_bounded_in_bytes() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 1..=300, moment()).await;
    let one = length(&opened.pull(&water, Cursor::default(), 1).await);
    let bounds = PageBounds { records: 1_000, bytes: 10 * one };
    let (mut after, mut all) = (Cursor::default(), Vec::new());
    loop {
        let page = opened.mailbox.pull_page(&water, after, bounds).await.unwrap();
        assert!(length(&page) <= bounds.bytes && !page.records.is_empty());
        all.extend(f_cnts(&page));
        after = page.next;
        if !page.more {
            break;
        }
    }
    assert_eq!(all, (1..=300).collect::<Vec<u32>>());
    // One that is larger than a page comes alone.
    let bounds = PageBounds { records: 1_000, bytes: 1 };
    let page = opened.mailbox.pull_page(&water, cursor(7), bounds).await.unwrap();
    assert_eq!((f_cnts(&page), page.next, page.more), (vec![8], cursor(8), true));
}

#[tokio::test]
async fn a_search_ends_with_what_it_has_found() {
    let (home, water) = (Home::new(), group("water"));
    let opened = home.open();
    opened.add(&water, 1..=250, moment()).await;
    let bounds = PageBounds::records(1_000);
    let none = filter(&json!({ "expression": "fCnt < 0" }));
    let search = async |search: Search<'_>, filter: &Filter| {
        let from = Cursor::default();
        opened
            .mailbox
            .pull_some(&water, from, &search, filter, &Presentation::default())
            .await
            .unwrap()
    };
    let whole = search(Search::new(bounds), &none).await;
    assert_eq!((whole.records.len(), whole.next, whole.more), (0, cursor(250), false));
    // It looks at a hundred at a time.
    let few = search(Search { looks: 1, ..Search::new(bounds) }, &none).await;
    assert_eq!((few.records.len(), few.next, few.more), (0, cursor(100), true));
    let late = Search { until: Some(Instant::now()), ..Search::new(bounds) };
    let late = search(late, &none).await;
    assert_eq!((late.records.len(), late.next, late.more), (0, cursor(100), true));
    let some = filter(&json!({ "expression": "fCnt > 120" }));
    let found = search(Search::new(PageBounds::records(5)), &some).await;
    assert_eq!((f_cnts(&found), found.more), ((121..=125).collect(), true));
    assert_eq!(found.next, cursor(125));
}
