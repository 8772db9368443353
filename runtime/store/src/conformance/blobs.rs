//! Properties of blobs, which every backend must have.

use std::sync::Arc;

use crate::{Blobs, StoreError};

pub(crate) async fn blobs_are_put_read_listed_and_removed(blobs: &dyn Blobs) {
    assert_eq!(blobs.get("a").await.unwrap(), None);
    assert!(!blobs.exists("a").await.unwrap());
    assert!(!blobs.remove("a").await.unwrap());
    let large: Vec<u8> = (0..=u8::MAX).cycle().take(3_000_000).collect();
    blobs.put("sha256-b", &large).await.unwrap();
    blobs.put("sha256-a", b"").await.unwrap();
    blobs.put("other_1.wasm", b"other").await.unwrap();
    assert_eq!(blobs.get("sha256-b").await.unwrap(), Some(large));
    assert_eq!(blobs.get("sha256-a").await.unwrap(), Some(Vec::new()));
    assert!(blobs.exists("other_1.wasm").await.unwrap());
    assert_eq!(blobs.list("").await.unwrap(), ["other_1.wasm", "sha256-a", "sha256-b"]);
    assert_eq!(blobs.list("sha256-").await.unwrap(), ["sha256-a", "sha256-b"]);
    assert!(blobs.list("sha512-").await.unwrap().is_empty());
    assert!(blobs.remove("sha256-b").await.unwrap());
    assert_eq!(blobs.get("sha256-b").await.unwrap(), None);
    assert_eq!(blobs.list("sha256-").await.unwrap(), ["sha256-a"]);
}

pub(crate) async fn a_blob_is_replaced_in_one_step(blobs: Arc<dyn Blobs>) {
    const SIZE: usize = 100_000;
    blobs.put("n", &vec![0; SIZE]).await.unwrap();
    let writers: Vec<_> = (1..=4_u8)
        .map(|writer| {
            let blobs = Arc::clone(&blobs);
            tokio::spawn(async move {
                for _ in 0..10 {
                    blobs.put("n", &vec![writer; SIZE]).await.unwrap();
                }
            })
        })
        .collect();
    while !writers.iter().all(|writer| writer.is_finished()) {
        let bytes = blobs.get("n").await.unwrap().expect("it is there all the time");
        assert_eq!(bytes.len(), SIZE);
        assert!(bytes.iter().all(|byte| *byte == bytes[0]));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(blobs.list("").await.unwrap(), ["n"]);
}

pub(crate) async fn a_blob_name_never_leaves_its_place(blobs: &dyn Blobs) {
    let long = "n".repeat(201);
    for name in
        ["", ".", "..", ".hidden", "../up", "a/b", "/etc/passwd", "a\\b", "a\0b", "é", "c:d", &long]
    {
        let refused =
            |error: StoreError| matches!(error, StoreError::InvalidName { kind: "blob", .. });
        assert!(refused(blobs.put(name, b"x").await.unwrap_err()), "{name:?}");
        assert!(refused(blobs.get(name).await.unwrap_err()), "{name:?}");
        assert!(refused(blobs.exists(name).await.unwrap_err()), "{name:?}");
        assert!(refused(blobs.remove(name).await.unwrap_err()), "{name:?}");
    }
    assert!(blobs.list("../").await.unwrap().is_empty());
}
