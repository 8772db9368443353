//! Properties of tables, which every backend must have.

use super::{Place, batch, commit, keys, reopen};
use crate::{
    Batch, MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES, Sequence, StoreError,
};

pub(crate) async fn values_are_kept_over_reopening(place: &impl Place) {
    let store = place.open().await;
    commit(&store, |batch| {
        batch.put("devices", "a", "1").put("devices", "b", "").put("devices", "", "no key");
    })
    .await;
    let store = reopen(store, place).await;
    assert_eq!(store.get("devices", b"a").await.unwrap(), Some(b"1".to_vec()));
    assert_eq!(store.get("devices", b"b").await.unwrap(), Some(Vec::new()));
    assert_eq!(store.get("devices", b"").await.unwrap(), Some(b"no key".to_vec()));
    assert_eq!(store.get("devices", b"c").await.unwrap(), None);
    commit(&store, |batch| {
        batch.put("devices", "a", "2");
    })
    .await;
    assert_eq!(store.get("devices", b"a").await.unwrap(), Some(b"2".to_vec()));
}

pub(crate) async fn tables_do_not_see_each_other(place: &impl Place) {
    let store = place.open().await;
    commit(&store, |batch| {
        batch.put("a", "bc", "1").put("ab", "c", "2").put("abc", "", "3");
    })
    .await;
    assert_eq!(keys(&store, "a", "").await, ["bc"]);
    assert_eq!(keys(&store, "ab", "").await, ["c"]);
    assert_eq!(keys(&store, "abc", "").await, [""]);
    assert_eq!(store.get("a", b"c").await.unwrap(), None);
}

pub(crate) async fn a_scan_is_ordered_and_pages_without_gap(place: &impl Place) {
    let store = place.open().await;
    let written: Vec<Vec<u8>> = (0..500_u16).map(|number| number.to_be_bytes().to_vec()).collect();
    commit(&store, |batch| {
        for key in written.iter().rev() {
            batch.put("t", key.clone(), "v");
        }
        batch.put("t", [u8::MAX, u8::MAX, u8::MAX], "v");
    })
    .await;
    let mut seen: Vec<Vec<u8>> = Vec::new();
    loop {
        let page = store.scan("t", b"", seen.last().map(Vec::as_slice), 7).await.unwrap();
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|pair| pair.key));
    }
    assert_eq!(seen.pop(), Some(vec![u8::MAX, u8::MAX, u8::MAX]));
    assert_eq!(seen, written);

    let second = store.scan("t", &[1], None, usize::MAX).await.unwrap();
    assert_eq!(second.len(), 500 - 256);
    let last = store.scan("t", &[u8::MAX], None, usize::MAX).await.unwrap();
    assert_eq!(last.len(), 1);
    assert!(store.scan("t", b"", None, 0).await.unwrap().is_empty());
    // A cursor before the prefix starts at the prefix, one after it is at the end.
    let from_before = store.scan("t", &[1], Some(&[0]), usize::MAX).await.unwrap();
    assert_eq!(from_before, second);
    assert!(store.scan("t", &[0], Some(&[1, 1]), usize::MAX).await.unwrap().is_empty());
}

pub(crate) async fn a_deleted_key_is_gone(place: &impl Place) {
    let store = place.open().await;
    commit(&store, |batch| {
        batch.put("t", "a", "1").put("t", "b", "2");
    })
    .await;
    commit(&store, |batch| {
        batch.delete("t", "a").delete("t", "never was");
    })
    .await;
    assert_eq!(keys(&store, "t", "").await, ["b"]);
    let store = reopen(store, place).await;
    assert_eq!(store.get("t", b"a").await.unwrap(), None);
    assert_eq!(keys(&store, "t", "").await, ["b"]);
}

pub(crate) async fn the_largest_values_are_kept(place: &impl Place) {
    let store = place.open().await;
    let (key, name) = ([7; MAX_KEY_BYTES], "n".repeat(MAX_NAME_BYTES));
    let value = |number: u8| vec![number; MAX_VALUE_BYTES];
    for number in 0..40 {
        let mut key = key.to_vec();
        key[0] = number;
        commit(&store, |batch| {
            batch.put(&name, key, value(number)).append(&name, value(number));
        })
        .await;
    }
    let store = reopen(store, place).await;
    let pairs = store.scan(&name, b"", None, usize::MAX).await.unwrap();
    assert!(pairs.iter().map(|pair| pair.value.clone()).eq((0..40).map(value)));
    let entries = store.read(&name, Sequence::BEGINNING, usize::MAX).await.unwrap();
    assert!(entries.into_iter().map(|entry| entry.value).eq((0..40).map(value)));
}

pub(crate) async fn what_is_too_large_or_badly_named_is_refused(place: &impl Place) {
    let store = place.open().await;
    let too_large = |what: &'static str| move |refused: &StoreError| matches!(refused, StoreError::TooLarge { what: found, .. } if *found == what);
    let name = |refused: &StoreError| matches!(refused, StoreError::InvalidName { .. });
    let refused = async |fill: &dyn Fn(&mut Batch)| {
        let mut tried = batch(|batch| _ = batch.put("t", "beside", "it"));
        fill(&mut tried);
        store.commit(tried).await.expect_err("refused")
    };
    let large_value = vec![0; MAX_VALUE_BYTES + 1];
    assert!(too_large("value")(&refused(&|b| _ = b.put("t", "k", &*large_value)).await));
    assert!(too_large("value")(&refused(&|b| _ = b.append("l", &*large_value)).await));
    assert!(too_large("key")(&refused(&|b| _ = b.delete("t", [0; MAX_KEY_BYTES + 1])).await));
    let many = |batch: &mut Batch| {
        for _ in 0..=MAX_BATCH_BYTES / MAX_VALUE_BYTES {
            batch.append("l", vec![0; MAX_VALUE_BYTES]);
        }
    };
    assert!(too_large("batch")(&refused(&many).await));
    for bad in ["", "a\0b", "line\n", &"n".repeat(MAX_NAME_BYTES + 1)] {
        assert!(name(&refused(&|b| _ = b.put(bad, "k", "v")).await));
        assert!(name(&refused(&|b| _ = b.append(bad, "v")).await));
        assert!(name(&refused(&|b| _ = b.truncate(bad, Sequence::new(1))).await));
        assert!(name(&refused(&|b| _ = b.expect_absent(bad, "k")).await));
        assert!(name(&store.get(bad, b"k").await.expect_err("refused")));
        assert!(name(&store.scan(bad, b"", None, 1).await.expect_err("refused")));
        assert!(name(&store.read(bad, Sequence::BEGINNING, 1).await.expect_err("refused")));
        assert!(name(&store.extent(bad).await.expect_err("refused")));
    }
    assert_eq!(store.get("t", b"beside").await.unwrap(), None);
}
