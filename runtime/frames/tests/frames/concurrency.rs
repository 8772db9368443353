//! Many threads at once. What must not happen is: one frame accepted twice, or a deadlock.

use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use champollion_frames::{Session, Sessions};

use super::{dev_eui, frame, session, sessions, verify};

const THREADS: usize = 8;
const ROUNDS: u32 = 300;

/// Runs `each` in all threads at the same moment, and returns what each returned.
fn at_once<T: Send>(each: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(THREADS);
    thread::scope(|scope| {
        let run = || {
            barrier.wait();
            each()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn of_many_copies_at_once_exactly_one_is_claimed() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    for f_cnt in 0..ROUNDS {
        let phy = frame(&session, f_cnt);
        // The claims are held until all threads have their answer.
        let (claims, refusals): (Vec<_>, Vec<_>) =
            at_once(|| verify(&sessions, &phy)).into_iter().partition(Result::is_ok);
        assert_eq!(claims.len(), 1);
        assert!(refusals.into_iter().all(|refusal| refusal.unwrap_err().code() == "in-flight"));
        for claim in claims {
            claim.unwrap().confirm();
        }
    }
}

#[test]
fn of_many_copies_at_once_exactly_one_is_confirmed() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    for f_cnt in 0..ROUNDS {
        let phy = frame(&session, f_cnt);
        let confirmed = AtomicUsize::new(0);
        at_once(|| {
            match verify(&sessions, &phy) {
                Ok(claim) => {
                    claim.confirm();
                    confirmed.fetch_add(1, Ordering::SeqCst);
                }
                // A duplicate may only be called so once the claim is confirmed.
                Err(refusal) if refusal.code() == "duplicate" => {
                    let state = sessions.state(session.dev_eui()).unwrap();
                    assert_eq!(state.last_f_cnt, Some(f_cnt));
                }
                Err(refusal) => assert_eq!(refusal.code(), "in-flight"),
            }
        });
        assert_eq!(confirmed.into_inner(), 1);
    }
}

#[test]
fn a_retry_gets_through_however_often_the_commit_failed() {
    let session = session(1);
    let sessions = sessions([session.clone()]);
    for f_cnt in 0..ROUNDS / 10 {
        let phy = frame(&session, f_cnt);
        let commits = AtomicUsize::new(0);
        let confirmed = AtomicUsize::new(0);
        at_once(|| {
            loop {
                match verify(&sessions, &phy) {
                    Ok(claim) if commits.fetch_add(1, Ordering::SeqCst) < 3 => drop(claim),
                    Ok(claim) => {
                        claim.confirm();
                        confirmed.fetch_add(1, Ordering::SeqCst);
                    }
                    Err(refusal) if refusal.code() == "in-flight" => thread::yield_now(),
                    Err(refusal) => {
                        assert_eq!(refusal.code(), "duplicate");
                        break;
                    }
                }
            }
        });
        assert_eq!(confirmed.into_inner(), 1);
    }
}

#[test]
fn registering_and_removing_beside_verifying_locks_nobody_out() {
    let sessions = Sessions::new();
    sessions.insert(session(1));
    let elsewhere = |number: u8| {
        let there = session(number);
        let dev_addr = champollion_frames::DevAddr::from_u32(u32::from(number) << 8);
        let keys = (there.network_keys().clone(), there.app_s_key().clone());
        Session::new(there.dev_eui(), dev_addr, keys.0, keys.1)
    };
    let accepted = AtomicUsize::new(0);
    let turn = AtomicUsize::new(0);
    at_once(|| {
        let thread = turn.fetch_add(1, Ordering::SeqCst);
        for round in 0..ROUNDS {
            match thread {
                0 => {
                    if let Ok(claim) = verify(&sessions, &frame(&session(1), round)) {
                        claim.confirm();
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                }
                1 | 2 => {
                    // Two threads move the same device between two addresses.
                    sessions.insert(session(2));
                    sessions.insert(elsewhere(2));
                }
                3 => {
                    sessions.remove(dev_eui(2));
                    sessions.remove(dev_eui(3));
                }
                _ => {
                    sessions.insert(session(3));
                    let _ = verify(&sessions, &frame(&session(3), round));
                    let _ = (sessions.get(dev_eui(2)), sessions.len());
                }
            }
        }
    });
    // The device that nobody touched lost no frame.
    assert_eq!(accepted.into_inner(), ROUNDS as usize);
    // Each device is either registered and found, or neither.
    for number in [2, 3] {
        sessions.remove(dev_eui(number));
    }
    assert_eq!(sessions.len(), 1);
    assert_eq!(verify(&sessions, &frame(&elsewhere(2), 0)).unwrap_err().code(), "unknown-dev-addr");
    assert_eq!(verify(&sessions, &frame(&session(2), 0)).unwrap_err().code(), "mic-mismatch");
}
