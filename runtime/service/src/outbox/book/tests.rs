use champollion_store::{SledOptions, SledStore};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::outbox::{Content, Language, Webhook};

struct Room {
    _folder: TempDir,
    outbox: Outbox,
}

impl Room {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        Self { _folder: folder, outbox: Outbox::new(Arc::new(store)) }
    }

    async fn put(&self, message: &Message) -> Uuid {
        let mut batch = Batch::new();
        Outbox::enqueue(&mut batch, message).unwrap();
        self.outbox.store.commit(batch).await.unwrap();
        message.id
    }

    async fn mail(&self, subject: &str) -> Uuid {
        let to = "ada@city.example".parse().unwrap();
        let mail = Mail::new(to, Language::En, subject, "text");
        self.put(&Message::new(mail, Timestamp::UNIX_EPOCH)).await
    }

    async fn mail_of_group(&self, subject: &str) -> Uuid {
        let to = "ada@city.example".parse().unwrap();
        let mail = Mail::new(to, Language::En, subject, "text");
        let mail = mail.of_group("water".parse().unwrap());
        self.put(&Message::new(mail, Timestamp::UNIX_EPOCH)).await
    }

    async fn all(&self) -> Vec<Waiting> {
        let all = self.outbox.waiting().all().await.unwrap();
        all.into_iter().map(|(_, waiting)| waiting).collect()
    }
}

#[tokio::test]
async fn a_message_waits_until_it_was_sent_whatever_fails() {
    let room = Room::open();
    let id = room.mail("leak").await;
    for attempts in 1..=3 {
        let attempt = room.outbox.begin(id).await.unwrap().unwrap();
        assert_eq!((attempt.waiting.message.id, attempt.waiting.attempts), (id, attempts));
        room.outbox.failed(&attempt, &"é".repeat(1_000)).await.unwrap();
    }
    assert_eq!(room.all().await[0].attempts, 3);
    let attempt = room.outbox.begin(id).await.unwrap().unwrap();
    // A second sender has begun meanwhile: what the first one says is not known any more.
    let other = room.outbox.begin(id).await.unwrap().unwrap();
    room.outbox.sent(&attempt, Batch::new()).await.unwrap();
    assert_eq!(room.all().await.len(), 1);
    room.outbox.sent(&other, Batch::new()).await.unwrap();
    assert!(room.all().await.is_empty());
    assert!(room.outbox.begin(id).await.unwrap().is_none());
}

#[tokio::test]
async fn what_became_of_several_is_noted_at_once_and_of_none_that_others_have_begun() {
    let room = Room::open();
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(room.mail(&format!("leak {number}")).await);
    }
    let absent = Uuid::now_v7();
    let wanted: Vec<Uuid> = ids.iter().copied().chain([absent]).collect();
    let attempts = room.outbox.begin_all(&wanted).await.unwrap();
    assert_eq!(attempts.iter().map(|one| one.waiting.attempts).collect::<Vec<_>>(), [1; 4]);
    assert!(room.all().await.iter().all(Waiting::is_begun), "a kill finds them under way");
    // Another sender has begun the last one: what this one says of it is not known any more.
    room.outbox.begin(ids[3]).await.unwrap().unwrap();
    let ends = [End::Sent, End::Failed("404".to_owned()), End::Untried, End::Sent];
    let ends: Vec<(Attempt, End)> = attempts.into_iter().zip(ends).collect();
    room.outbox.settle(&ends).await.unwrap();
    let all = room.all().await;
    let seen: Vec<_> =
        all.iter().map(|one| (one.message.id, one.attempts, one.reason.as_deref())).collect();
    assert_eq!(seen, [(ids[1], 1, Some("404")), (ids[2], 0, None), (ids[3], 2, None)]);
    // What was not tried says again why it failed before.
    let attempts = room.outbox.begin_all(&ids[1..2]).await.unwrap();
    let ends: Vec<(Attempt, End)> =
        attempts.into_iter().map(|attempt| (attempt, End::Untried)).collect();
    room.outbox.settle(&ends).await.unwrap();
    let first = &room.all().await[0];
    assert_eq!((first.attempts, first.reason.as_deref()), (1, Some("404")));
}

#[tokio::test]
async fn many_mails_are_gathered_but_for_those_that_may_have_arrived() {
    let room = Room::open();
    let begun = room.mail("first").await;
    room.outbox.begin(begun).await.unwrap().unwrap();
    let mut ids = vec![begun];
    for number in 0..10 {
        ids.push(room.mail(&format!("leak {number}")).await);
    }
    let (left, _) = room.outbox.gather(ids, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(left.len(), 2);
    assert_eq!(left[0], begun);
    let all = room.all().await;
    assert_eq!(all.len(), 2);
    let Content::Mail(mail) = &all[1].message.content else { panic!("{all:?}") };
    assert!(mail.text.contains("- leak 9\n"));
    // Gathered mails are gone, and few are left as they are.
    let again = room.outbox.gather(left.clone(), Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(again, (left, Vec::new()));
}

#[tokio::test]
async fn what_there_is_no_room_for_is_one_message_with_the_number_of_all() {
    let room = Room::open();
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(room.mail(&format!("leak {number}")).await);
    }
    let own = (&LocalTime::default(), Timestamp::UNIX_EPOCH);
    assert!(room.outbox.fold(&ids, None, own).await.unwrap().made.is_none(), "of no group");
    assert_eq!(room.all().await.len(), 6);
    let mut ids = Vec::new();
    for number in 0..6 {
        ids.push(room.mail_of_group(&format!("leak {number}")).await);
    }
    let count = |waiting: &Waiting| waiting.folded.as_ref().unwrap().count;
    let first = room.outbox.fold(&ids[2..4], None, own).await.unwrap().made.unwrap();
    let second = room.outbox.fold(&ids[4..5], Some(first.message.id), own).await.unwrap();
    let second = second.made.unwrap();
    assert_eq!((count(&first), count(&second)), (2, 3));
    let left = room.all().await;
    assert_eq!(left.len(), 6 + 2 + 1 + 1);
    assert_eq!(left.last().unwrap(), &second);
    // One that may have arrived is left as it is, and the next one counts the others alone.
    room.outbox.begin(second.message.id).await.unwrap().unwrap();
    let third = room.outbox.fold(&ids[5..], Some(second.message.id), own).await.unwrap();
    assert_eq!(third.left, [second.message.id]);
    let third = third.made.unwrap();
    assert_eq!(count(&third), 1);
    // One of which it is known that it was not taken goes into the next.
    let attempt = room.outbox.begin(third.message.id).await.unwrap().unwrap();
    room.outbox.failed(&attempt, "404").await.unwrap();
    let own_of = room.mail_of_group("leak 6").await;
    let fourth = room.outbox.fold(&[own_of], Some(third.message.id), own).await.unwrap();
    assert_eq!((count(&fourth.made.unwrap()), fourth.left.len()), (2, 0));
    assert_eq!(room.all().await.len(), 6 + 2 + 1 + 1);
    assert!(room.outbox.fold(&ids[2..], None, own).await.unwrap().made.is_none(), "all are gone");
    // No digest takes them.
    let waiting: Vec<Uuid> = room.all().await.iter().map(|one| one.message.id).collect();
    room.outbox.gather(waiting, Timestamp::UNIX_EPOCH).await.unwrap();
    let folded = room.all().await.into_iter().filter(|one| one.folded.is_some());
    assert_eq!(folded.count(), 2);
}

#[tokio::test]
async fn what_is_given_up_goes_with_the_line_that_tells_of_it() {
    let room = Room::open();
    let ids = [room.mail("leak").await, room.mail("leak").await];
    let mut batch = Batch::new();
    let absent = Uuid::now_v7();
    let given_up = room.outbox.give_up(&mut batch, &[ids[0], absent]).await.unwrap();
    assert_eq!(given_up, [ids[0]]);
    assert_eq!(room.all().await.len(), 2, "not before the batch is durable");
    // A message that is being sent meanwhile is not given up.
    room.outbox.begin(ids[0]).await.unwrap().unwrap();
    let refused = room.outbox.store.commit(batch).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })));
    let mut batch = Batch::new();
    room.outbox.give_up(&mut batch, &ids[..1]).await.unwrap();
    room.outbox.store.commit(batch).await.unwrap();
    assert_eq!(room.all().await.iter().map(|one| one.message.id).collect::<Vec<_>>(), ids[1..]);
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_before_the_batch_is() {
    let webhook = Webhook {
        group: "water".parse().unwrap(),
        url: "https://partner.example/".to_owned(),
        secret: "whsec_AAAA".to_owned(),
        kind: "notice".to_owned(),
        data: json!("x".repeat(MAX_VALUE_BYTES)),
    };
    let mut batch = Batch::new();
    let error = Outbox::enqueue(&mut batch, &Message::new(webhook, Timestamp::UNIX_EPOCH));
    assert!(matches!(error, Err(OutboxError::TooLarge { .. })));
    assert!(batch.is_empty());
}
